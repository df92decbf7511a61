/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What somebody finds who has seized a relay's disk.
 *
 *     seized tables DATABASE WORDS-EN WORDS-RU
 *         Each column is told in the words of what-i-know (J-01); no value ties
 *         two channels (J-07); what is stored looks random (J-03), has few
 * sizes (J-04), and times are hours (J-08). seized find PATTERNS FILES... Looks
 * for each pattern (a line: name, tab, hex of its bytes) as it is, backwards,
 * in hex and in base64; prints how many there are. */
#include <ctype.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_MAX = 64 * 1024 * 1024, PATTERN_MAX = 512, WINDOW = 16 };

static unsigned passed, failed;

static void
check(bool good, const char *what, const char *which)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("FAILED: %s: %s\n", what, which);
}

static void
die(const char *what)
{
    fprintf(stderr, "seized: %s\n", what);
    exit(1);
}

static uint8_t *
read_file(const char *name, size_t *len)
{
    FILE *f = fopen(name, "rb");
    uint8_t *b = malloc(FILE_MAX + 1);

    if (f == NULL || b == NULL)
        die(name);
    *len = fread(b, 1, FILE_MAX, f);
    b[*len] = '\0';
    (void)fclose(f);
    return b;
}

/* --- tables ------------------------------------------------------------- */

/* Where each column is told. Whoever adds one adds its sentence. */
static const struct {
    const char *table;
    const char *column;
    const char *words[2];
} told[] = {
    {"place", "id", {"its number", "его число"}},
    {"place", "kind", {"which of the two it is", "что из двух это такое"}},
    {"place", "last", {"how many records there ever were", "было всего"}},
    {"place", "commits", {"how many records there ever were", "было всего"}},
    {"place", "live_count", {"that are still there", "сколько их осталось"}},
    {"place", "live_bytes", {"how large those are", "какого они размера"}},
    {"place", "live_commits", {"that are still there", "сколько их осталось"}},
    {"place", "live_commit_bytes", {"how large those", "какого они размера"}},
    {"place", "expires_hour", {"when it is forgotten", "когда он будет забыт"}},
    {"record", "place", {"its log or box", "журнал или ящик"}},
    {"record", "number", {"its number in that", "номер в нём"}},
    {"record", "kind", {"its kind", "вид"}},
    {"record", "expires_hour", {"the hours when it and", "часы, когда сотрут"}},
    {"record", "stub_hour", {"its hash are erased", "и его отпечаток"}},
    {"record", "mark", {"the hash", "сам отпечаток"}},
    {"record", "hash", {"the hash", "сам отпечаток"}},
    {"record", "bytes", {"the sealed bytes", "запечатанные байты"}},
    {"numbered", "place", {"by number, by hash and", "по номеру, отпечатку"}},
    {"numbered", "number", {"by number, by hash and", "по номеру, отпечатку"}},
    {"marked", "place", {"by number, by hash and", "по номеру, отпечатку"}},
    {"marked", "mark", {"by number, by hash and", "по номеру, отпечатку"}},
    {"due",
     "expires_hour",
     {"number, by hash and by hour", "отпечатку и часу"}},
    {"stub", "place", {"the same without the bytes", "то же самое, но без"}},
    {"stub", "number", {"the same without the bytes", "то же самое, но без"}},
    {"stub", "kind", {"the same without the bytes", "то же самое, но без"}},
    {"stub", "expires_hour", {"the same without", "то же самое, но без"}},
    {"stub", "mark", {"a hash of what has expired", "отпечаток истёкшего"}},
    {"stub", "hash", {"a hash of what has expired", "отпечаток истёкшего"}},
    {"card", "id", {"a note: its number", "карточка: её число"}},
    {"card", "version", {"its version", "её версия"}},
    {"card", "expires_hour", {"erased and forgotten", "сотрут и забудут"}},
    {"card", "forget_hour", {"erased and forgotten", "сотрут и забудут"}},
    {"card", "bytes", {"and its bytes", "и её байты"}},
    {"blob", "id", {"its hash", "её отпечаток"}},
    {"blob", "expires_hour", {"the hour when it is erased", "когда её сотрут"}},
    {"blob", "bytes", {"the sealed bytes", "запечатанные байты"}},
    {"meta", "name", {"up to which record", "до какой записи"}},
    {"meta", "value", {"hour of the last clearing", "час последней уборки"}},
    {"turn", "mark", {"random mark of the last", "метка последней записи"}},
    {"*", "key", {"the order in which they came", "в каком пришли"}},
    {"*", "chk", {"a check against damage", "проверка от повреждений"}},
};

/* Of meta: the format's own, which say nothing about anybody. */
static const char *const meta_names[] = {"log", "settled_key", "sweep_hour"};

static sqlite3 *db;

static sqlite3_stmt *
ask(const char *sql)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    return st;
}

static const char *
text(sqlite3_stmt *st, int column)
{
    return (const char *)sqlite3_column_text(st, column);
}

static void
tell_column(const char *table, const char *column, char *const words[2])
{
    char which[128];

    (void)snprintf(which, sizeof which, "%s.%s", table, column);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if ((strcmp(told[i].table, table) != 0 &&
             strcmp(told[i].table, "*") != 0) ||
            strcmp(told[i].column, column) != 0)
            continue;
        for (int l = 0; l < 2; l++)
            check(strstr(words[l], told[i].words[l]) != NULL,
                  "what-i-know does not tell of it", which);
        return;
    }
    check(false, "a column that this test does not know", which);
}

static void
columns_are_told(char *const words[2])
{
    sqlite3_stmt *st =
        ask("SELECT t.name, c.name FROM sqlite_schema t,"
            " pragma_table_info(t.name) c WHERE t.type = 'table'");
    unsigned count = 0;

    for (; sqlite3_step(st) == SQLITE_ROW; count++)
        tell_column(text(st, 0), text(st, 1), words);
    sqlite3_finalize(st);
    check(count >= 30, "columns of the schema", "are missing");
    st = ask("SELECT name FROM meta");
    while (sqlite3_step(st) == SQLITE_ROW) {
        bool known = false;

        for (size_t i = 0; i < sizeof meta_names / sizeof *meta_names; i++)
            known |= strcmp(meta_names[i], text(st, 0)) == 0;
        check(known, "a name in meta that this test does not know",
              text(st, 0));
    }
    sqlite3_finalize(st);
}

static int64_t
number(const char *sql)
{
    sqlite3_stmt *st = ask(sql);
    int64_t v =
        sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;

    sqlite3_finalize(st);
    return v;
}

struct window {
    uint8_t b[WINDOW];
    int64_t place;
};

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, WINDOW);
}

/* J-07: no sixteen bytes are in the records of two places. */
static void
no_bytes_in_two_places(void)
{
    sqlite3_stmt *st = ask("SELECT place, bytes FROM record UNION ALL"
                           " SELECT place, hash FROM record UNION ALL"
                           " SELECT key, id FROM place UNION ALL"
                           " SELECT -rowid, bytes FROM blob");
    struct window *w = NULL;
    size_t count = 0, cap = 0, shared = 0;

    while (sqlite3_step(st) == SQLITE_ROW) {
        const uint8_t *b = sqlite3_column_blob(st, 1);
        size_t len = (size_t)sqlite3_column_bytes(st, 1);

        for (size_t i = 0; i + WINDOW <= len; i++) {
            if (count == cap) {
                cap = cap == 0 ? 65536 : 2 * cap;
                w = realloc(w, cap * sizeof *w);
                if (w == NULL)
                    die("no memory");
            }
            memcpy(w[count].b, b + i, WINDOW);
            w[count++].place = sqlite3_column_int64(st, 0);
        }
    }
    sqlite3_finalize(st);
    if (w != NULL)
        qsort(w, count, sizeof *w, compare);
    for (size_t i = 1; i < count; i++)
        shared += compare(&w[i - 1], &w[i]) == 0 && w[i - 1].place != w[i].place
                      ? 1U
                      : 0U;
    printf("%zu windows of %d bytes, %zu in two places\n", count, WINDOW,
           shared);
    check(count > 10000 && shared == 0, "bytes are in two places", "J-07");
    free(w);
}

/* J-07: a statistic. In a column that says nothing about which epochs belong
 * together, values of two places are alike only as hours, kinds, counts and
 * sizes are: those are allowed, anything else must differ. */
static void
no_value_ties_places(void)
{
    check(number("SELECT count(*) FROM place WHERE kind = 1") >= 2 ||
              number("SELECT count(*) FROM place") >= 4,
          "several epochs", "are in the database");
    check(number("SELECT count(*) FROM (SELECT mark FROM (SELECT mark, place"
                 " FROM record UNION SELECT mark, place FROM stub) GROUP BY"
                 " mark HAVING count(DISTINCT place) > 1)") == 0,
          "a mark is in two places", "J-07");
    check(number("SELECT count(*) FROM (SELECT chk FROM (SELECT chk, place AS p"
                 " FROM record UNION SELECT chk, place FROM stub UNION"
                 " SELECT chk, -key FROM place) GROUP BY chk"
                 " HAVING count(DISTINCT p) > 1)") == 0,
          "a check is in two places", "J-07");
    check(number("SELECT count(*) FROM place WHERE expires_hour % 24 <> 0") ==
              0,
          "a place's end is finer than a day", "J-07");
}

/* J-03: a chi square of all sealed bytes, J-04: how many sizes there are. */
static void
looks_random(const char *what, const char *sql, unsigned sizes_max)
{
    sqlite3_stmt *st = ask(sql);
    uint64_t seen[256] = {0};
    uint64_t count = 0;
    int sizes[64];
    unsigned size_count = 0;
    double chi = 0;

    while (sqlite3_step(st) == SQLITE_ROW) {
        const uint8_t *b = sqlite3_column_blob(st, 0);
        int len = sqlite3_column_bytes(st, 0);
        unsigned k = 0;

        for (int i = 0; i < len; i++, count++)
            seen[b[i]]++;
        while (k < size_count && sizes[k] != len)
            k++;
        if (k == size_count && size_count < 64)
            sizes[size_count++] = len;
    }
    sqlite3_finalize(st);
    for (int i = 0; i < 256; i++) {
        double d = (double)seen[i] - (double)count / 256;

        chi += count == 0 ? 0 : d * d / ((double)count / 256);
    }
    printf("%s: %" PRIu64 " bytes, chi square %.0f (255 expected), sizes:",
           what, count, chi);
    for (unsigned i = 0; i < size_count; i++)
        printf(" %d", sizes[i]);
    printf("\n");
    /* twelve deviations of 22.6: by chance not once in the life of this test */
    check(count > 1000 && chi < 255 + 12 * 22.6, "is not like random", what);
    check(size_count <= sizes_max, "has too many sizes", what);
}

/* J-08: whatever may be a time is an hour that is still to come. */
static void
times_are_hours(void)
{
    static const char *const columns[][2] = {
        {"place", "expires_hour"}, {"record", "expires_hour"},
        {"record", "stub_hour"},   {"stub", "expires_hour"},
        {"card", "expires_hour"},  {"card", "forget_hour"},
        {"blob", "expires_hour"},
    };
    int64_t now = time(NULL) / 3600;
    char sql[200];

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM %s WHERE %s NOT BETWEEN %" PRId64
                       " AND %" PRId64,
                       columns[i][0], columns[i][1], now, now + 24 * 400);
        check(number(sql) == 0, "not an hour to come", columns[i][0]);
    }
}

static int
do_tables(char **argv)
{
    char *words[2];
    size_t len;

    if (sqlite3_open_v2(argv[0], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        die("cannot open the database");
    for (int l = 0; l < 2; l++)
        words[l] = (char *)read_file(argv[1 + l], &len);
    columns_are_told(words);
    no_bytes_in_two_places();
    no_value_ties_places();
    looks_random("records", "SELECT bytes FROM record WHERE kind < 2", 8);
    looks_random("all", "SELECT bytes FROM record", 8);
    times_are_hours();
    sqlite3_close(db);
    for (int l = 0; l < 2; l++)
        free(words[l]);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

/* --- find --------------------------------------------------------------- */

struct pattern {
    uint8_t b[2 * PATTERN_MAX];
    size_t len;
};

static size_t
count_of(const uint8_t *in, size_t len, const struct pattern *p)
{
    size_t count = 0;
    const uint8_t *at = in;

    while (p->len != 0 &&
           (at = memmem(at, len - (size_t)(at - in), p->b, p->len)) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* The characters of base64 that depend on b alone when it begins skip bytes
 * after a multiple of three. */
static struct pattern
in_base64(const struct pattern *raw, size_t skip, const char *last_two)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct pattern out = {.len = 0};
    size_t first = (8 * skip + 5) / 6, end = 8 * (skip + raw->len) / 6;

    for (size_t i = first; i < end; i++) {
        unsigned v = 0;

        for (size_t bit = 6 * i; bit < 6 * i + 6; bit++) {
            size_t at = bit - 8 * skip;

            v = v << 1 | (raw->b[at / 8] >> (7 - at % 8) & 1U);
        }
        out.b[out.len++] = (uint8_t)(v < 62 ? digits[v] : last_two[v - 62]);
    }
    return out;
}

static struct pattern
in_hex(const struct pattern *raw, const char *digits)
{
    struct pattern out = {.len = 0};

    for (size_t i = 0; i < raw->len; i++) {
        out.b[out.len++] = (uint8_t)digits[raw->b[i] >> 4];
        out.b[out.len++] = (uint8_t)digits[raw->b[i] & 15];
    }
    return out;
}

static size_t
find(const char *name,
     const struct pattern *raw,
     const char *file,
     const uint8_t *in,
     size_t len)
{
    struct pattern forms[10] = {*raw, {.len = raw->len}};
    size_t count = 0, form_count = 2;

    for (size_t i = 0; i < raw->len; i++)
        forms[1].b[i] = raw->b[raw->len - 1 - i];
    forms[form_count++] = in_hex(raw, "0123456789abcdef");
    forms[form_count++] = in_hex(raw, "0123456789ABCDEF");
    for (size_t skip = 0; skip < 3; skip++) {
        forms[form_count++] = in_base64(raw, skip, "+/");
        forms[form_count++] = in_base64(raw, skip, "-_");
    }
    for (size_t i = 0; i < form_count; i++) {
        size_t n = count_of(in, len, &forms[i]);

        if (n != 0)
            printf("found: %s, form %zu, in %s\n", name, i, file);
        count += n;
    }
    return count;
}

static size_t
unhex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    unsigned v;

    while (len < PATTERN_MAX && isxdigit((unsigned char)hex[0]) &&
           isxdigit((unsigned char)hex[1]) && sscanf(hex, "%2x", &v) == 1) {
        out[len++] = (uint8_t)v;
        hex += 2;
    }
    return len;
}

static int
do_find(int argc, char **argv)
{
    size_t total = 0, patterns = 0, bytes = 0, len;

    for (int i = 1; i < argc; i++) {
        uint8_t *in = read_file(argv[i], &len);
        FILE *f = fopen(argv[0], "r");
        char line[4 * PATTERN_MAX];

        if (f == NULL)
            die(argv[0]);
        bytes += len;
        for (patterns = 0; fgets(line, sizeof line, f) != NULL; patterns++) {
            char *tab = strchr(line, '\t');
            struct pattern raw = {.len = 0};

            if (tab == NULL)
                die("a pattern without a tab");
            *tab = '\0';
            raw.len = unhex(tab + 1, raw.b);
            if (raw.len < 4)
                die("a pattern that is too short");
            total += find(line, &raw, argv[i], in, len);
        }
        (void)fclose(f);
        free(in);
    }
    printf("%zu patterns, %d files, %zu bytes, %zu hits\n", patterns, argc - 1,
           bytes, total);
    return patterns != 0 && bytes != 0 && total == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "tables") == 0)
        return do_tables(argv + 2);
    if (argc > 3 && strcmp(argv[1], "find") == 0)
        return do_find(argc - 2, argv + 2);
    return 64;
}
