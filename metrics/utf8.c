#include "metrics/utf8.h"

size_t utf8_character(struct str s)
{
    if (s.n == 0) {
        return 0;
    }
    unsigned char first = (unsigned char)s.p[0];
    if (first < 0x80) {
        return 1;
    }
    size_t n = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (n == 0 || n > s.n) {
        return 0;
    }
    /* Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte. */
    unsigned char second = (unsigned char)s.p[1];
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if (((unsigned char)s.p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return n;
}

/* Nearly all text is ASCII. */
static bool is_ascii(struct str s)
{
    unsigned char all = 0;
    for (size_t i = 0; i < s.n; i++) {
        all |= (unsigned char)s.p[i];
    }
    return all < 0x80;
}

bool utf8_valid(struct str s)
{
    if (is_ascii(s)) {
        return true;
    }
    while (s.n > 0) {
        size_t n = utf8_character(s);
        if (n == 0) {
            return false;
        }
        s = str_from(s, n);
    }
    return true;
}
