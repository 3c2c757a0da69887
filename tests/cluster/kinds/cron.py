"""When a CronJob's schedule fires next, as Kubernetes' controller has it: minute by minute, skipping
days that do not match."""
import datetime
import zoneinfo

NAMES = {3: {n: i + 1 for i, n in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())},
         4: {n: i for i, n in enumerate("sun mon tue wed thu fri sat".split())}}
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
DESCRIPTORS = {"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
               "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *"}


def number(text, field):
    text = text.lower()
    if text in NAMES.get(field, {}):
        return NAMES[field][text]
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def values_of(text, field):
    low, high = RANGES[field]
    chosen, star = set(), False
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if first in ("*", "?"):
            begin, end = low, high
            star = star or not slash or step == "1"
        else:
            begin = number(first, field)
            end = number(last, field) if dash else high if slash else begin
        step = int(step) if slash else 1
        if step == 0 or begin < low or end > high or begin > end:
            raise ValueError(part)
        chosen.update(range(begin, end + 1, step))
    return chosen, star


def after(schedule, zone, start):
    """Unix seconds of the first time after `start`, None when there is none within five years.
    ValueError: no such schedule or zone. Schedules with @every or a zone of their own are not known here."""
    try:
        zone = zoneinfo.ZoneInfo(zone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as e:
        raise ValueError(zone) from e
    fields = DESCRIPTORS.get(schedule, schedule).split()
    if len(fields) != 5:
        raise ValueError(schedule)
    (minutes, _), (hours, _), (days, any_day), (months, _), (weekdays, any_weekday) = (
        values_of(text, field) for field, text in enumerate(fields))
    begin = datetime.datetime.fromtimestamp(start, zone)
    for ahead in range(5 * 366):
        day = begin.date() + datetime.timedelta(days=ahead)
        in_month, in_week = day.day in days, (day.weekday() + 1) % 7 in weekdays
        match = (in_month and in_week) if any_day or any_weekday else (in_month or in_week)
        if day.month not in months or not match:
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                when = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                if when.timestamp() > start and datetime.datetime.fromtimestamp(when.timestamp(), zone).hour == hour:
                    return int(when.timestamp())
    return None
