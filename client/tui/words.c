/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tui/words.h"

#include <stdlib.h>
#include <string.h>

static const char *const table[WORD_COUNT][LANG_COUNT] = {
    [WORD_JOINED] = {"{0} is in, let in by {1}.",
                     "{0} теперь в группе, впуск: {1}."},
    [WORD_REMOVED] = {"{0} was removed by {1}.",
                      "{0} больше не в группе, удаление: {1}."},
    [WORD_LEFT] = {"{0} has left.",
                   "{0} больше не в группе: уход по своей воле."},
    [WORD_YOU_JOINED] = {"You are in: {0}.", "Вы в группе: {0}."},
    [WORD_YOU_REMOVED] =
        {"You were removed from {0} by {1}. What is written there "
         "from now on cannot be read here.",
         "Вас удалили из группы {0}, удаление: {1}. Всё, что там "
         "пишут с этого момента, здесь прочесть нельзя."},
    [WORD_LOCKED_OUT] =
        {"A change in {0} does not fit together for you: nothing "
         "more can be read. Ask an admin to let you in again by a "
         "new link.",
         "Изменение в группе {0} для вас не сходится: читать "
         "дальше нельзя. Попросите впустить вас снова по новой "
         "ссылке."},
    [WORD_CASE] = {"Request {0}: {1}", "Просьба {0}: {1}"},
    [WORD_CASE_CLAIMED] = {"Request {0} is taken by {1}.",
                           "Просьбу {0} берёт {1}."},
    [WORD_CASE_CLAIMED_SELF] =
        {"Request {0} is yours. Answer: pristan answer {0} \"...\"",
         "Просьба {0} за вами. Ответить: pristan answer {0} \"...\""},
    [WORD_CASE_RELEASED] = {"Request {0} is free again, given back by {1}.",
                            "Просьба {0} снова свободна, её возвращает {1}."},
    [WORD_CASE_LEASE_OVER] =
        {"Request {0} is free again: there was no activity for 15 "
         "minutes.",
         "Просьба {0} снова свободна: 15 минут без движения."},
    [WORD_CASE_FREE] = {"Request {0} is free again: whoever had it is gone.",
                        "Просьба {0} снова свободна: того, кто её взял, "
                        "больше нет в группе."},
    [WORD_CASE_HANDED] = {"Request {0} goes from {2} to {1}.",
                          "Просьбу {0} передают: от {2} к {1}."},
    [WORD_CASE_CLOSED] = {"Request {0} is closed by {1}.",
                          "Просьба {0} закрыта, закрывает {1}."},
    [WORD_CASE_REOPENED] = {"Request {0} is open again, reopened by {1}.",
                            "Просьба {0} снова открыта, открывает {1}."},
    [WORD_CASE_NOTE] = {"Note on request {0} from {1}: {2}",
                        "Заметка к просьбе {0} от {1}: {2}"},
    [WORD_KNOCK] = {"{0} knocks at {2}. Compare by voice: {1}. Then: pristan "
                    "approve {3}",
                    "{0} стучится в {2}. Сверьте голосом: {1}. Затем: "
                    "pristan approve {3}"},
    [WORD_KNOCK_APPROVED] = {"The knock of {0} was approved by {1}.",
                             "Стук от {0} одобрен, одобряет {1}."},
    [WORD_KNOCK_DECLINED] = {"The knock of {0} was declined by {1}.",
                             "Стук от {0} отклонён, отклоняет {1}."},
    [WORD_BYE] = {"The desk has closed this conversation. {0}",
                  "Дежурные закрыли этот разговор. {0}"},
    [WORD_CLAIM_LOST] = {"Request {0} is not yours: {1} was first.",
                         "Просьба {0} не за вами: {1} раньше."},
    [WORD_DELIVERED] = {"Delivered to the relay.", "Доставлено на сервер."},
    [WORD_ASKED] = {"Your request is with the desk: {0}.",
                    "Ваша просьба у дежурных: {0}."},
    [WORD_ASKED_READERS_ONE] =
        {"It can be read by the {0} person of the desk and by "
         "nobody else, not by the relay.",
         "Её может прочесть {0} человек за этой стойкой и больше "
         "никто, сервер тоже не может."},
    [WORD_ASKED_READERS_FEW] =
        {"It can be read by the {0} people of the desk and by "
         "nobody else, not by the relay.",
         "Её могут прочесть {0} человека за этой стойкой и больше "
         "никто, сервер тоже не может."},
    [WORD_ASKED_READERS_MANY] =
        {"It can be read by the {0} people of the desk and by "
         "nobody else, not by the relay.",
         "Её могут прочесть {0} человек за этой стойкой и больше "
         "никто, сервер тоже не может."},
    [WORD_ASKED_NEXT] = {"The answer will be here: pristan read",
                         "Ответ будет здесь: pristan read"},
    [WORD_KNOCKED] = {"Your knock is at the door. Compare by voice with "
                      "whoever invited you: {0}",
                      "Ваш стук у двери. Сверьте голосом с тем, кто вас "
                      "пригласил: {0}"},
    [WORD_KNOCKED_NEXT] =
        {"When you are let in, you will see it with: pristan read",
         "Когда вас впустят, это покажет: pristan read"},
    [WORD_DECLINED] = {"Your knock was declined. {0}",
                       "Ваш стук отклонили. {0}"},
    [WORD_CONFIRMED] = {"{0}: {1} of {2} members confirm.",
                        "{0}: подтвердили {1} из {2}."},
    [WORD_TRYING_ON] = {"Trying again by itself, now and then. What you write "
                        "is kept here until then.",
                        "Пробуем снова сами, время от времени. Что вы "
                        "напишете, пока хранится здесь."},
    [WORD_BACK] = {"The relay is there again.", "Сервер снова на связи."},
    [WORD_REMOVED_CONFIRMED] = {"Removal confirmed by {0} of {1}.",
                                "Удаление подтвердили {0} из {1}."},
    [WORD_NO_GROUPS] = {"You are in no group. Knock with a link: pristan knock "
                        "LINK --name NAME",
                        "Вы пока ни в одной группе. Постучитесь по ссылке: "
                        "pristan knock ССЫЛКА --name ИМЯ"},
    [WORD_NO_LINKS] = {"There are no links. Make one: pristan link new",
                       "Ссылок нет. Сделать: pristan link new"},
    [WORD_NO_KNOCKS] = {"Nobody is knocking.", "Никто не стучится."},
    [WORD_NO_CASES] = {"There are no requests.", "Просьб нет."},
    [WORD_NO_MESSAGES] = {"Nothing has been said yet.",
                          "Пока ничего не сказано."},
    [WORD_GROUP_LINE] = {"{0}  {1}, members: {2}, {3}",
                         "{0}  {1}, участников: {2}, {3}"},
    [WORD_CIRCLE] = {"closed circle", "закрытый круг"},
    [WORD_LOBBY] = {"open lobby (treat as public)",
                    "открытая группа (считайте её публичной)"},
    [WORD_CONVERSATION] = {"conversation with the desk",
                           "разговор с дежурными"},
    [WORD_STATE_PENDING] = {"a change is under way", "идёт изменение"},
    [WORD_STATE_WAITING] = {"waiting for the first answer",
                            "ждёт первого ответа"},
    [WORD_STATE_LOCKED_OUT] = {"locked out: ask to be let in again",
                               "вход закрыт: попросите впустить вас снова"},
    [WORD_STATE_LEFT] = {"you have left", "вы вышли"},
    [WORD_STATE_OUT] = {"you were removed", "вас удалили"},
    [WORD_ADMIN] = {"admin", "ведущий"},
    [WORD_YOU] = {"you", "вы"},
    [WORD_NOT_CONFIRMED] = {"not yet in step", "ещё не на связи"},
    [WORD_ONE_OWNER] =
        {"There is one admin only: if that device is lost, nobody "
         "can let people in or remove them.",
         "Ведущий только один: если устройство пропадёт, никто не "
         "сможет впускать и удалять людей."},
    [WORD_KNOCK_LINE] = {"{0}  {1}  code: {2}  {3}", "{0}  {1}  код: {2}  {3}"},
    [WORD_CASE_READ] =
        {"What the newcomer of request {0} writes: pristan read --group {1}",
         "Что пишет просящий (просьба {0}): pristan read --group {1}"},
    [WORD_CASE_READ_CHAT] =
        {"What the newcomer of request {0} writes: /read {1}",
         "Что пишет просящий (просьба {0}): /read {1}"},
    [WORD_CASE_STATE_NEW] = {"free", "свободна"},
    [WORD_CASE_STATE_CLAIMED] = {"taken by {0}", "в работе: {0}"},
    [WORD_CASE_STATE_CLOSED] = {"closed", "закрыта"},
    [WORD_URGENT_TODAY] = {"today", "сегодня"},
    [WORD_URGENT_NOW] = {"NOW", "СЕЙЧАС"},
    [WORD_LINK_JOIN] = {"join", "вход"},
    [WORD_LINK_ASK] = {"ask", "просьбы"},
    [WORD_LINK_RELAY] = {"the address of a relay", "адрес сервера"},
    [WORD_LINK_REVOKED] = {"revoked", "отозвана"},
    [WORD_LINK_EXPIRED] = {"expired", "истекла"},
    [WORD_LINK_USES] = {"used {0} of {1}", "использована {0} из {1}"},
    [WORD_LINK_OPEN_ONE] = {"used {0} time, no limit",
                            "использована {0} раз, без предела"},
    [WORD_LINK_OPEN_FEW] = {"used {0} times, no limit",
                            "использована {0} раза, без предела"},
    [WORD_LINK_OPEN_MANY] = {"used {0} times, no limit",
                             "использована {0} раз, без предела"},
    [WORD_CODE_TITLE] =
        {"Read these words to each other; they must be the same "
         "on every screen:",
         "Прочтите друг другу эти слова; на всех экранах они "
         "должны совпасть:"},
    [WORD_GROUP_MADE] = {"The group is ready: {0}", "Группа готова: {0}"},
    [WORD_JOIN_LINK] =
        {"Link to knock with (a secret: hand it on in private):",
         "Ссылка, чтобы постучаться (секрет: передавайте лично):"},
    [WORD_ASK_LINK] = {"Link for those who ask for help (may hang on a wall):",
                       "Ссылка для тех, кому нужна помощь (можно повесить на "
                       "стену):"},
    [WORD_DESK_OPEN] = {"The desk is open: {0}", "Стойка открыта: {0}"},
    [WORD_DESK_CLOSED] = {"The desk is closed; its link says so.",
                          "Стойка закрыта; ссылка об этом скажет."},
    [WORD_LINK_GONE] = {"The link is revoked.", "Ссылка отозвана."},
    [WORD_APPROVED] = {"{0} is in.", "{0} теперь в группе."},
    [WORD_DECLINED_DONE] = {"Declined.", "Отклонено."},
    [WORD_SENT] = {"Sent.", "Отправлено."},
    [WORD_REMOVED_DONE] =
        {"{0} is removed and cannot read what comes next.",
         "{0} больше не в группе и дальше ничего не прочтёт."},
    [WORD_LEAVING] = {"An admin's program will take you out within minutes.",
                      "Программа ведущего выведет вас за несколько минут."},
    [WORD_LEFT_NOW] = {"You have left.", "Вы вышли из группы."},
    [WORD_CLAIMED_DONE] = {"Request {0} is yours.", "Просьба {0} за вами."},
    [WORD_RELEASED_DONE] = {"Request {0} is back in the queue.",
                            "Просьба {0} снова в очереди."},
    [WORD_HANDED_DONE] = {"Request {0} is now with {1}.",
                          "Просьба {0} теперь у {1}."},
    [WORD_ANSWERED_DONE] =
        {"The answer is on its way to the newcomer, under the "
         "desk's name.",
         "Ответ ушёл просящему от имени стойки."},
    [WORD_NOTED_DONE] = {"Noted; only the circle sees it.",
                         "Записано; видит только круг."},
    [WORD_CLOSED_DONE] = {"Request {0} is closed.", "Просьба {0} закрыта."},
    [WORD_REOPENED_DONE] = {"Request {0} is open again.",
                            "Просьба {0} снова открыта."},
    [WORD_REFRESHED_DONE] = {"Your keys are fresh.", "Ключи обновлены."},
    [WORD_WIPED] = {"The profile is destroyed.", "Профиль уничтожен."},
    [WORD_QUEUED] = {"Stored here, not yet at the relay: it leaves by itself "
                     "at the next start.",
                     "Сохранено здесь, на сервере ещё нет: уйдёт само при "
                     "следующем запуске."},
    [WORD_CHAT_HELP] =
        {"Type and press Enter. /read [N] /who /code /knocks /approve "
         "ID /cases /claim N /answer N TEXT /quit",
         "Пишите и нажимайте Enter. /read [N] /who /code /knocks "
         "/approve ID /cases /claim N /answer N ТЕКСТ /quit"},
    [WORD_PROFILE_MADE] =
        {"New profile, sealed with your passphrase. Nobody can "
         "recover it for you.",
         "Новый профиль под вашей парольной фразой. Восстановить "
         "её не сможет никто."},
    [WORD_PROFILE_MADE_KEY] =
        {"New profile; its key lies beside it, so whoever has "
         "this device can open it.",
         "Новый профиль; ключ лежит рядом, открыть его может "
         "любой, у кого это устройство."},
    [WORD_ASK_PASSPHRASE] = {"Passphrase: ", "Парольная фраза: "},
    [WORD_ASK_PASSPHRASE_NEW] =
        {"New passphrase (empty: none to remember): ",
         "Новая парольная фраза (пусто: ничего не помнить): "},
    [WORD_ASK_PASSPHRASE_AGAIN] = {"Once more: ", "Ещё раз: "},
    [WORD_FROM_DESK] = {"desk", "стойка"},
    [WORD_BAD_LINK] = {"This is not a pristan link. Copy it whole; it begins "
                       "with \"pristan:\".",
                       "Это не ссылка pristan. Скопируйте её целиком; она "
                       "начинается с «pristan:»."},
    [WORD_CUT_LINK] = {"This link is damaged or cut short. Copy it again, "
                       "whole.",
                       "Ссылка повреждена или обрезана. Скопируйте её ещё раз, "
                       "целиком."},
    [WORD_LATER_LINK] =
        {"This link was made by a newer program. Update pristan.",
         "Ссылку сделала более новая программа. Обновите pristan."},
    [WORD_WRONG_KIND_OF_LINK] = {"This link is for something else: {0}",
                                 "Эта ссылка для другого: {0}"},
    [WORD_TEXT_NOT_CLEAN] =
        {"The text is not valid UTF-8 or carries control "
         "characters. Nothing was sent.",
         "Текст не в UTF-8 или содержит управляющие символы. "
         "Ничего не отправлено."},
    [WORD_TEXT_EMPTY] = {"There is no text. Nothing was sent.",
                         "Текста нет. Ничего не отправлено."},
    [WORD_TEXT_LONG] = {"The text is too long: at most {0} bytes. Nothing was "
                        "sent.",
                        "Текст слишком длинный: не больше {0} байт. Ничего не "
                        "отправлено."},
    [WORD_NO_SUCH_GROUP] = {"There is no group \"{0}\". See: pristan groups",
                            "Нет группы «{0}». Посмотрите: pristan groups"},
    [WORD_WHICH_GROUP] =
        {"Which group? Name one with --group. See: pristan groups",
         "Какая группа? Укажите --group. Посмотрите: pristan "
         "groups"},
    [WORD_NO_SUCH_PERSON] =
        {"There is nobody \"{0}\" here. See: pristan members",
         "Здесь нет «{0}». Посмотрите: pristan members"},
    [WORD_WHICH_PERSON] =
        {"More than one person fits \"{0}\". Add the tag, as in "
         "name#1a2b.",
         "«{0}» подходит не одному. Добавьте метку, например "
         "имя#1a2b."},
    [WORD_WHICH_ONE] =
        {"More than one fits \"{0}\". Give the beginning of its id, or name "
         "the "
         "group with --group.",
         "«{0}» подходит не одному. Укажите начало номера или группу в "
         "--group."},
    [WORD_NO_SUCH_CASE] = {"There is no request \"{0}\". See: pristan cases",
                           "Нет просьбы «{0}». Посмотрите: pristan cases"},
    [WORD_NO_SUCH_KNOCK] = {"There is no knock \"{0}\". See: pristan knocks",
                            "Нет стука «{0}». Посмотрите: pristan knocks"},
    [WORD_NO_SUCH_LINK] = {"There is no link \"{0}\". See: pristan links",
                           "Нет ссылки «{0}». Посмотрите: pristan links"},
    [WORD_NOT_ADMIN] = {"Only an admin of the group may do that. See: pristan "
                        "members",
                        "Это может только ведущий группы. Посмотрите: pristan "
                        "members"},
    [WORD_NOT_NOW] = {"This cannot be done now: you are not (or no longer) in "
                      "this group, or it still waits for its first answer.",
                      "Сейчас нельзя: вы не в этой группе (или уже не в ней), "
                      "либо она ещё ждёт первого ответа."},
    [WORD_KNOCKED_ALREADY] =
        {"You have knocked there already; the answer is still awaited: "
         "pristan read",
         "Вы там уже постучались, ответа ещё нет: pristan read"},
    [WORD_NO_RELAY] =
        {"Which relay? Give its link with --relay (the operator "
         "has it: pristan-relay link).",
         "Какой сервер? Укажите его ссылку в --relay (она у того, "
         "кто его держит: pristan-relay link)."},
    [WORD_PROFILE_BUSY] =
        {"Another pristan is using this profile. Close it, or "
         "choose another with --profile.",
         "Этим профилем уже пользуется другой pristan. Закройте "
         "его или укажите другой в --profile."},
    [WORD_WRONG_PASSPHRASE] =
        {"The passphrase is wrong, or the profile belongs to "
         "another key. Nothing was changed.",
         "Парольная фраза неверна или профиль от другого ключа. "
         "Ничего не изменено."},
    [WORD_PASSPHRASES_DIFFER] =
        {"The two passphrases differ. Nothing was made.",
         "Фразы не совпали. Ничего не создано."},
    [WORD_PASSPHRASE_NEEDED] =
        {"This profile needs its passphrase: run it on a "
         "terminal, or give --passphrase-fd.",
         "Профилю нужна парольная фраза: запустите в терминале "
         "или укажите --passphrase-fd."},
    [WORD_PROFILE_DAMAGED] =
        {"The profile is damaged or was tampered with. Nothing "
         "was changed.",
         "Профиль повреждён или подменён. Ничего не изменено."},
    [WORD_PROFILE_LATER] =
        {"The profile was written by a newer program. Update "
         "pristan.",
         "Профиль записан более новой программой. Обновите "
         "pristan."},
    [WORD_PROFILE_FOLDER] = {"The profile folder cannot be used: {0}",
                             "Папкой профиля нельзя пользоваться: {0}"},
    [WORD_DISK_FULL] = {"The disk is full. Nothing was sent, nothing is lost; "
                        "free some space and try again.",
                        "Диск заполнен. Ничего не отправлено и не потеряно; "
                        "освободите место и повторите."},
    [WORD_DISK_ERROR] = {"The disk refuses to store. Nothing was sent.",
                         "Диск не принимает данные. Ничего не отправлено."},
    [WORD_NOT_PRINTED] = {"Not all could be written to standard output.",
                          "Стандартный вывод принял не всё."},
    [WORD_NO_MEMORY] = {"There is not enough memory.", "Не хватает памяти."},
    [WORD_INTERNAL] = {"Something that cannot happen did ({0}). Nothing was "
                       "sent that was not stored.",
                       "Случилось невозможное ({0}). Ничего несохранённого не "
                       "отправлено."},
    [WORD_NO_NAME] = {"Choose the name that others will see: --name NAME",
                      "Выберите имя, которое увидят другие: --name ИМЯ"},
    [WORD_TIMEOUT] = {"The relay did not answer in time. Try again, or wait "
                      "longer with --timeout.",
                      "Сервер не ответил вовремя. Повторите или ждите дольше: "
                      "--timeout."},
    [WORD_NOT_THIS_RELAY] =
        {"What answers is not the relay in your link: a login page of this "
         "network perhaps, or somebody in between. Nothing was sent.",
         "Отвечает не тот сервер, что в вашей ссылке: возможно, страница "
         "входа этой сети, или кто-то вклинился. Ничего не отправлено."},
    [WORD_RELAY_UNREACHABLE] =
        {"The relay cannot be reached. Check the network, and the proxy if "
         "one is set, and try again.",
         "До сервера не достучаться. Проверьте сеть и прокси, если он задан, "
         "и повторите."},
    [WORD_RELAY_REFUSED] = {"The relay refused; it may be of another version.",
                            "Сервер отказал; возможно, у него другая версия."},
    [WORD_RELAY_FULL] =
        {"The relay is full just now. Nothing is lost; try again "
         "later.",
         "Сервер сейчас полон. Ничего не потеряно; повторите "
         "позже."},
    [WORD_CODE_REVOKED] = {"This link was withdrawn. Ask for a new one.",
                           "Эту ссылку отозвали. Попросите новую."},
    [WORD_CODE_EXPIRED] = {"This link has expired. Ask for a new one.",
                           "Срок ссылки вышел. Попросите новую."},
    [WORD_CODE_UNKNOWN] =
        {"The relay knows nothing of this link: it has expired, "
         "or was never finished. Ask for a new one.",
         "Сервер не знает этой ссылки: срок вышел или её не "
         "доделали. Попросите новую."},
    [WORD_CARD_BAD] = {"What the relay shows for this link was not made by its "
                       "owner. Nothing was sent.",
                       "То, что сервер показал по ссылке, сделал не её хозяин. "
                       "Ничего не отправлено."},
    [WORD_NOT_MEMBER] = {"You are not in this group any more.",
                         "Вы больше не в этой группе."},
    [WORD_NO_SUCH] = {"That does not exist any more.", "Этого больше нет."},
    [WORD_CASE_TAKEN] = {"Somebody else has this request.",
                         "Просьба уже у другого."},
    [WORD_CASE_NOT_YOURS] =
        {"This request is not yours. Take it first: pristan claim "
         "N",
         "Эта просьба не за вами. Сначала возьмите её: pristan "
         "claim N"},
    [WORD_CASE_IS_CLOSED] = {"This request is closed.", "Эта просьба закрыта."},
    [WORD_CASE_NO_KEYS] =
        {"This request was taken too many times; the newcomer has "
         "to ask again.",
         "Просьбу брали слишком много раз; нужно попросить "
         "заново."},
    [WORD_ALARM_GAP] = {"ALARM: the relay left out messages of this group.",
                        "ТРЕВОГА: сервер пропустил сообщения этой группы."},
    [WORD_ALARM_HEAD] =
        {"ALARM: another member saw another history; the relay "
         "shows different things to different people. Compare: "
         "pristan code",
         "ТРЕВОГА: другой участник видел другую историю; сервер "
         "показывает разным людям разное. Сверьте: pristan code"},
    [WORD_ALARM_ROLLBACK] = {"ALARM: the relay went back in time.",
                             "ТРЕВОГА: сервер вернулся назад во времени."},
    [WORD_ALARM_NOT_STORED] =
        {"ALARM: the relay said \"stored\" and then did not have "
         "it. Sending again.",
         "ТРЕВОГА: сервер сказал «сохранено», а потом сообщения у "
         "него не оказалось. Отправляем снова."},
    [WORD_ALARM_CLONE] =
        {"ALARM: this profile was copied or put back: somebody "
         "else has sent with its keys. Sending has stopped; ask "
         "to be let in again.",
         "ТРЕВОГА: профиль скопирован или восстановлен: с его "
         "ключами отправлял кто-то ещё. Отправка остановлена; "
         "попросите впустить вас снова."},
    [WORD_ALARM_VOID_COMMIT] =
        {"A change of the group that breaks its rules was "
         "skipped.",
         "Изменение группы не по правилам, пропущено."},
    [WORD_ALARM_VOID_RECORD] = {"Something unreadable in the log was skipped.",
                                "Нечитаемая запись в журнале, пропущена."},
};

const char *
words_get(enum lang lang, enum word word)
{
    return table[word][lang];
}

enum word
words_counted(enum lang lang, enum word one, uint64_t count)
{
    uint64_t ten = count % 10, hundred = count % 100;

    if (lang == LANG_EN)
        return (enum word)(one + (count == 1 ? 0 : 2));
    if (ten == 1 && hundred != 11)
        return one;
    if (ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14))
        return (enum word)(one + 1);
    return (enum word)(one + 2);
}

enum lang
words_guess(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    static const char *const russian[] = {"ru", "uk", "be", "kk"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);

        if (v == NULL || *v == '\0')
            continue;
        for (size_t j = 0; j < sizeof russian / sizeof *russian; j++)
            if (strncmp(v, russian[j], 2) == 0)
                return LANG_RU;
        return LANG_EN;
    }
    return LANG_EN;
}

int
words_find(const char *name, enum lang *out)
{
    if (strcmp(name, "ru") == 0)
        *out = LANG_RU;
    else if (strcmp(name, "en") == 0)
        *out = LANG_EN;
    else
        return 0;
    return 1;
}
