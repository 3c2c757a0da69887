/* json_scan.c — the block scanner of json_scan.h. */
#include "kube/client/json_scan.h"

#include "base/limits.h"

#include <endian.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 64

/* Bit i is byte i of the block. */
struct block_masks {
    uint64_t quote, backslash, open, close;
};

/* 0x80 in each byte of x that equals the byte repeated in pattern; exact, no carry between bytes.
 */
static inline uint64_t equal_bytes(uint64_t x, uint64_t pattern)
{
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t diff = x ^ pattern;
    return ~(((diff & low7) + low7) | diff | low7);
}

/* The top bits of eight bytes as one byte, the first byte's lowest. */
static inline uint64_t gather_bits(uint64_t high_bits)
{
    return ((high_bits >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static inline uint64_t repeat_byte(unsigned char c)
{
    return c * UINT64_C(0x0101010101010101);
}

/* For machines without SSE2; a unit test holds it equal to the other. */
static KG_UNUSED struct block_masks classify_portable(const char *p)
{
    struct block_masks m = { 0 };
    for (unsigned i = 0; i < BLOCK; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof(word));
        word = le64toh(word);
        uint64_t lower = word | repeat_byte(0x20); /* '[' and ']' become '{' and '}' */
        m.quote |= gather_bits(equal_bytes(word, repeat_byte('"'))) << i;
        m.backslash |= gather_bits(equal_bytes(word, repeat_byte('\\'))) << i;
        m.open |= gather_bits(equal_bytes(lower, repeat_byte('{'))) << i;
        m.close |= gather_bits(equal_bytes(lower, repeat_byte('}'))) << i;
    }
    return m;
}

#ifdef __SSE2__
static inline uint64_t equal_mask(__m128i bytes, char c)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

static inline struct block_masks classify(const char *p)
{
    struct block_masks m = { 0 };
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        m.quote |= equal_mask(bytes, '"') << i;
        m.backslash |= equal_mask(bytes, '\\') << i;
        m.open |= equal_mask(lower, '{') << i;
        m.close |= equal_mask(lower, '}') << i;
    }
    return m;
}
#else
static inline struct block_masks classify(const char *p)
{
    return classify_portable(p);
}
#endif

/* The bytes that stand behind a live backslash. carry: whether the first byte does (1), and then
 * whether the byte after the block does. */
static inline uint64_t find_escaped(uint64_t backslash, uint64_t *carry)
{
    uint64_t escaped = *carry;
    uint64_t live = backslash & ~escaped;
    *carry = 0;
    while (live) {
        uint64_t first = live & -live;
        escaped |= first << 1;
        *carry = first >> (BLOCK - 1);
        live &= ~(first | first << 1);
    }
    return escaped;
}

/* Bit i of the result is the exclusive or of bits 0 to i: from a quote on, up to the next one. */
static inline uint64_t running_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < BLOCK; shift *= 2) {
        bits ^= bits << shift;
    }
    return bits;
}

/* Bracket by bracket. Returns the bytes used when the value ends in this block, else 0. */
static int walk_brackets(struct json_nest *nest, uint64_t open, uint64_t close)
{
    for (uint64_t rest = open | close; rest; rest &= rest - 1) {
        int at = __builtin_ctzll(rest);
        if (close >> at & 1) {
            if (--nest->depth == 0) {
                return at + 1;
            }
        } else if (++nest->depth > LIMIT_JSON_DEPTH) {
            return -ELOOP;
        }
    }
    return 0;
}

/* One block of which n bytes count (the others are blanks). Returns as walk_brackets. */
static inline int scan_block(struct json_nest *nest, const char *p, size_t n)
{
    struct block_masks m = classify(p);
    uint64_t carry = nest->is_escaped;
    uint64_t escaped = find_escaped(m.backslash, &carry);
    uint64_t in_string = running_xor(m.quote & ~escaped) ^ nest->in_string;
    nest->in_string = -(in_string >> (BLOCK - 1));
    nest->is_escaped = n < BLOCK ? escaped >> n & 1 : carry;
    uint64_t open = m.open & ~in_string, close = m.close & ~in_string;
    if (!(open | close)) {
        return 0;
    }
    unsigned opened = (unsigned)__builtin_popcountll(open);
    unsigned closed = (unsigned)__builtin_popcountll(close);
    if (closed < nest->depth && nest->depth + opened <= LIMIT_JSON_DEPTH) {
        nest->depth += opened - closed;
        return 0;
    }
    return walk_brackets(nest, open, close);
}

ssize_t json_nest_scan(struct json_nest *nest, struct str text)
{
    size_t at = 0;
    for (; at + BLOCK <= text.n; at += BLOCK) {
        int used = scan_block(nest, text.p + at, BLOCK);
        if (used != 0) {
            return used < 0 ? used : (ssize_t)at + used;
        }
    }
    size_t rest = text.n - at;
    if (rest > 0) {
        char last[BLOCK];
        memset(last, ' ', sizeof(last));
        memcpy(last, text.p + at, rest);
        int used = scan_block(nest, last, rest);
        if (used != 0) {
            return used < 0 ? used : (ssize_t)at + used;
        }
    }
    return (ssize_t)text.n;
}

size_t json_string_scan(struct str text, bool *is_escaped, bool *ret_ended)
{
    *ret_ended = false;
    for (size_t i = 0; i < text.n; i++) {
        if (*is_escaped) {
            *is_escaped = false;
        } else if (text.p[i] == '\\') {
            *is_escaped = true;
        } else if (text.p[i] == '"') {
            *ret_ended = true;
            return i + 1;
        }
    }
    return text.n;
}

static inline bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* As json_plain_scan, from at on; for machines without SSE2, and for the last bytes. */
static size_t plain_scan_portable(struct str text, size_t at)
{
    for (; at + 8 <= text.n; at += 8) {
        uint64_t word;
        memcpy(&word, text.p + at, sizeof(word));
        word = le64toh(word);
        uint64_t odd = (word & repeat_byte(0x80)) | equal_bytes(word & repeat_byte(0xE0), 0) |
                       equal_bytes(word, repeat_byte('"')) | equal_bytes(word, repeat_byte('\\'));
        if (odd) {
            return at + (unsigned)__builtin_ctzll(odd) / 8;
        }
    }
    while (at < text.n && is_plain(text.p[at])) {
        at++;
    }
    return at;
}

size_t json_plain_scan(struct str text)
{
    size_t at = 0;
#ifdef __SSE2__
    for (; at + 16 <= text.n; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at));
        /* as signed numbers those beyond ASCII are below the control characters */
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                   _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        unsigned mask = (unsigned)_mm_movemask_epi8(odd);
        if (mask) {
            return at + (unsigned)__builtin_ctz(mask);
        }
    }
#endif
    return plain_scan_portable(text, at);
}
