/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Says in plain words all that this relay holds, so that an operator can see,
 * and show to whoever asks, what there is to find. */
#include "relay/relay.h"

enum line {
    LINE_HEAD,
    LINE_PLACES,
    LINE_MESSAGES,
    LINE_COMMITS,
    LINE_STUBS,
    LINE_LETTERS,
    LINE_CARDS,
    LINE_BLOBS,
    LINE_NONE,
    LINE_SPAN,
    LINE_BYTES,
    LINE_SWEEP,
    LINE_DISK,
    LINE_EACH,
    LINE_BESIDE,
    LINE_NOT,
    LINES
};

/* No noun after a number: what comes before the colon is the same for 1, 2 and
 * 5, which Russian would tell apart. */
static const char *const words[2][LINES] = {
    [RELAY_ENGLISH] =
        {
            [LINE_HEAD] = "All that this relay holds:\n",
            [LINE_PLACES] = "Logs that groups share, and letter boxes, each "
                            "known only by a number that its owners made: ",
            [LINE_MESSAGES] = "Sealed messages: ",
            [LINE_COMMITS] = "Sealed changes of groups: ",
            [LINE_STUBS] = "Hashes of what has expired: ",
            [LINE_LETTERS] = "Sealed letters waiting to be fetched: ",
            [LINE_CARDS] = "Signed notes with sealed content: ",
            [LINE_BLOBS] = "Sealed pieces of files: ",
            [LINE_NONE] = "none\n",
            [LINE_SPAN] = ", the first gone in hours: ",
            [LINE_BYTES] = ", bytes: ",
            [LINE_SWEEP] = "Hours since the last clearing out: ",
            [LINE_DISK] = "Bytes on the disk, freed ones among them: ",
            [LINE_EACH] =
                "What stands with each of them:\n"
                "- a log or box: its number, which of the two it is, how many "
                "records there ever were, how many\n  and how large those are "
                "that are still there, and the hour when it is forgotten;\n"
                "- a message, change or letter: its log or box, its number in "
                "that, its kind, the hours when it and\n  its hash are erased, "
                "the hash, and the sealed bytes;\n"
                "- a hash of what has expired: the same without the bytes;\n"
                "- a note: its number, its version, the hours when it is "
                "erased and forgotten, and its bytes;\n"
                "- a piece of a file: its hash, the hour when it is erased, "
                "and "
                "the sealed bytes.\n"
                "Each has a check against damage, and they lie in the order in "
                "which they came.\n"
                "Lists in which records are found, by number, by hash and by "
                "hour, have nothing else in them.\n",
            [LINE_BESIDE] =
                "Beside them: this relay's own secret key, its public address, "
                "the hour of the last clearing out,\n"
                "up to which record the lists go, a random mark of the last "
                "write.\n"
                "In memory while it runs, and nowhere else: the connections "
                "and "
                "what each of them reads.\n",
            [LINE_NOT] =
                "It does not hold: names, addresses, telephone numbers, who is "
                "in a group,\nwho wrote what, when anything was written, keys "
                "that open any of the above,\nor tokens with which to add to "
                "it.\n",
        },
    [RELAY_RUSSIAN] =
        {
            [LINE_HEAD] = "Всё, что хранит этот сервер:\n",
            [LINE_PLACES] = "Журналы групп и почтовые ящики, известные только "
                            "по числу, которое выбрали их хозяева: ",
            [LINE_MESSAGES] = "Запечатанные сообщения: ",
            [LINE_COMMITS] = "Запечатанные изменения групп: ",
            [LINE_STUBS] = "Отпечатки того, что уже истекло: ",
            [LINE_LETTERS] = "Запечатанные письма, за которыми ещё не пришли: ",
            [LINE_CARDS] = "Подписанные карточки с запечатанным содержимым: ",
            [LINE_BLOBS] = "Запечатанные части файлов: ",
            [LINE_NONE] = "нет\n",
            [LINE_SPAN] = ", первое исчезнет через часов: ",
            [LINE_BYTES] = ", байт: ",
            [LINE_SWEEP] = "Часов с последней уборки: ",
            [LINE_DISK] = "Байт на диске, вместе с освобождёнными: ",
            [LINE_EACH] =
                "Что записано о каждом:\n"
                "- журнал или ящик: его число, что из двух это такое, сколько "
                "записей было всего, сколько их осталось\n  и какого они "
                "размера, и час, когда он будет забыт;\n"
                "- сообщение, изменение или письмо: журнал или ящик, номер в "
                "нём, вид, часы, когда сотрут его\n  и его отпечаток, сам "
                "отпечаток и запечатанные байты;\n"
                "- отпечаток истёкшего: то же самое, но без байтов;\n"
                "- карточка: её число, её версия, часы, когда её сотрут и "
                "забудут, и её байты;\n"
                "- часть файла: её отпечаток, час, когда её сотрут, и "
                "запечатанные байты.\n"
                "У каждого есть проверка от повреждений, и лежат они в том "
                "порядке, в каком пришли.\n"
                "В списках, по которым записи находят, по номеру, отпечатку и "
                "часу, нет ничего другого.\n",
            [LINE_BESIDE] =
                "Кроме того: собственный секретный ключ сервера, его открытый "
                "адрес, час последней уборки,\n"
                "до какой записи доведены списки, случайная метка последней "
                "записи.\n"
                "В памяти, пока он работает, и больше нигде: соединения и то, "
                "что каждое из них читает.\n",
            [LINE_NOT] =
                "Здесь нет: имён, адресов, номеров телефонов, сведений о том, "
                "кто состоит\nв какой группе, кто что написал и когда, ключей, "
                "которыми всё это можно\nоткрыть, и кодов, которыми сюда можно "
                "что-то дописать.\n",
        },
};

static void
say(struct buf *out, enum relay_language language, enum line which)
{
    buf_append(out, bytes_str(words[language][which]));
}

static void
say_number(struct buf *out, uint64_t v)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    buf_append(out, (struct bytes){digits + at, sizeof digits - at});
}

static void
say_class(struct buf *out,
          enum relay_language language,
          enum line which,
          const struct relay_census_class *c,
          uint32_t hour_now)
{
    say(out, language, which);
    if (c->count == 0) {
        say(out, language, LINE_NONE);
        return;
    }
    say_number(out, c->count);
    say(out, language, LINE_BYTES);
    say_number(out, c->bytes);
    say(out, language, LINE_SPAN);
    say_number(out, c->first_hour > hour_now ? c->first_hour - hour_now : 0);
    buf_append(out, bytes_str("-"));
    say_number(out, c->last_hour > hour_now ? c->last_hour - hour_now : 0);
    buf_append(out, bytes_str("\n"));
}

void
relay_what_i_know(const struct relay_census *census,
                  uint32_t hour_now,
                  enum relay_language language,
                  struct buf *out)
{
    say(out, language, LINE_HEAD);
    say(out, language, LINE_PLACES);
    say_number(out, census->channels);
    buf_append(out, bytes_str(", "));
    say_number(out, census->mailboxes);
    buf_append(out, bytes_str("\n"));
    say_class(out, language, LINE_MESSAGES, &census->messages, hour_now);
    say_class(out, language, LINE_COMMITS, &census->commits, hour_now);
    say_class(out, language, LINE_STUBS, &census->stubs, hour_now);
    say_class(out, language, LINE_LETTERS, &census->letters, hour_now);
    say_class(out, language, LINE_CARDS, &census->cards, hour_now);
    say_class(out, language, LINE_BLOBS, &census->blobs, hour_now);
    if (census->sweep_hour > 0 && census->sweep_hour <= hour_now) {
        say(out, language, LINE_SWEEP);
        say_number(out, hour_now - census->sweep_hour);
        buf_append(out, bytes_str("\n"));
    }
    say(out, language, LINE_DISK);
    say_number(out, census->file_bytes);
    buf_append(out, bytes_str("\n"));
    say(out, language, LINE_EACH);
    say(out, language, LINE_BESIDE);
    say(out, language, LINE_NOT);
}
