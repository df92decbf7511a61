#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
# Writes known.h beside it: messages in protobuf's text form as protoc encodes
# them, so that our encoding is held against another one. The same messages are
# the fuzzers' first corpora.
#   python3 tests/unit/wire/known.py    (from the root; needs protoc-c)
import pathlib
import subprocess


def fixed(letter, count):
    return '"' + letter * count + '"'


A, B, C, D = (fixed(c, 32) for c in 'ABCD')
I, J, K = (fixed(c, 16) for c in 'IJK')
CHANNEL = f'place {{ kind: 1 read_token: {A} other_hash: {B} }}'
MAILBOX = f'place {{ kind: 2 read_token: {A} }}'
REPLY = f'reply {{ mailbox: {C} hpke_key: {D} }}'
CASE = f'''id: {I} text: "help" language: "ru" urgency: 3
 key_packages: "kp1" key_packages: "kp2" {REPLY} arrived_ms: 1700000000000'''
STATE = f'state: 2 claimer: {J} lease_ms: 1700000900000 claims: 1 number: 4'
CARD = fixed('c', 113)

REQUESTS = {
    'hello': 'hello { version: 1 }',
    'append': f'append {{ write_token: {A} read_hash: {B} kind: 2 '
              'expect_commits: 300 record: "record" }',
    'read': f'read {{ {CHANNEL} after: 5 credit: 70000 }}',
    'watch': f'watch {{ {MAILBOX} after: 0 credit: 1024 }}',
    'credit': 'credit { watch: 9 credit: 4096 }',
    'unwatch': 'unwatch { watch: 9 }',
    'leave': f'leave {{ mailbox: {C} letter: "letter" }}',
    'empty': f'empty {{ read_token: {A} numbers: [1, 300, 70000] }}',
    'card_put': f'card_put {{ card: {CARD} }}',
    'card_get': f'card_get {{ prefix: {I} }}',
    'blob_put': 'blob_put { blob: "blob" }',
    'blob_get': f'blob_get {{ hash: {D} }}',
    'ping': 'ping { }',
}
EVENTS = {
    'hello': 'hello { version: 1 record_max: 262144 letter_max: 16384 '
             'message_days: 14 }',
    'appended': 'appended { number: 12 duplicate: true }',
    'conflict': 'conflict { commits: 2 last: 40 }',
    'records': 'records { last: 9 records { number: 3 kind: 1 bytes: "one" } '
               f'records {{ number: 4 kind: 2 expired: true bytes: {D} }} }}',
    'more': 'more { last: 77 }',
    'done': 'done { }',
    'card': f'card {{ card: {CARD} }}',
    'blob': 'blob { blob: "blob" }',
    'refused': 'refused { reason: 5 retry_after_s: 30 }',
}
LETTERS = {
    'knock': f'knock {{ name: "Ann" reason: "let me in" key_package: "kp1" '
             f'{REPLY} mac: {A} }}',
    'ask': 'ask { text: "help" language: "ru" urgency: 2 key_packages: "kp1" '
           f'key_packages: "kp2" {REPLY} mac: {B} }}',
    'welcome': f'welcome {{ blobs {{ hash: {A} key: {B} }} '
               f'blobs {{ hash: {C} key: {D} }} }}',
    'talk': f'talk {{ text: "hello" {REPLY} }}',
    'declined': 'declined { reason: "no room" }',
}
ON_CASE = f'case_id: {I}'
CONTENTS = {
    'confirm': 'confirm { }',
    'text': f'text {{ text: "hi" reply_to: {K} }}',
    'knock': f'knock {{ letter: "letter" link: {J} }}',
    'knock_decision': f'knock_decision {{ knock: {I} approved: true }}',
    'desk': f'desk {{ card_key: {A} secret: {I} title: "Desk" open: true }}',
    'case': f'case_new {{ {CASE} }}',
    'claim': f'claim {{ {ON_CASE} }}',
    'release': f'release {{ {ON_CASE} }}',
    'handover': f'handover {{ {ON_CASE} to: {J} }}',
    'answered': f'answered {{ {ON_CASE} }}',
    'close': f'close {{ {ON_CASE} text: "bye" }}',
    'reopen': f'reopen {{ {ON_CASE} }}',
    'note': f'note {{ {ON_CASE} text: "note" }}',
    'snapshot': f'snapshot {{ cases {{ {CASE} {STATE} }} '
                f'desk {{ card_key: {A} secret: {I} title: "Desk" }} '
                'epoch: 3 number: 12 }',
    'bye': 'bye { text: "bye" }',
}
HEAD = f'id: {K} sent_ms: 1700000000001 head_number: 300 head: {J} '


def encode(proto, message, text):
    out = subprocess.run(
        ['protoc-c', f'--encode=pristan.{message}', '-Iproto',
         f'proto/{proto}.proto'],
        input=text.encode(), capture_output=True, check=True).stdout
    return out.hex()


def seed(corpus, kind, digits):
    folder = pathlib.Path('tests/fuzz/corpus') / corpus
    folder.mkdir(parents=True, exist_ok=True)
    (folder / kind).write_bytes(bytes.fromhex(digits))


def table(name, proto, message, samples, head, corpus):
    lines = [f'static const struct known {name}[] = {{']
    for kind, text in samples.items():
        digits = encode(proto, message, head + text)
        seed(corpus, kind, digits)
        cut = [digits[i:i + 64] for i in range(0, len(digits), 64)]
        lines.append(f'    {{"{kind}",')
        lines += [f'     "{c}"' for c in cut]
        lines[-1] += '},'
    return lines + ['};', '']


def main():
    lines = ['/* SPDX-License-Identifier: AGPL-3.0-or-later */',
             '/* Written by known.py with protoc; in the order of the enums. */',
             '#ifndef TESTS_UNIT_WIRE_KNOWN_H',
             '#define TESTS_UNIT_WIRE_KNOWN_H', '',
             'struct known {', '    const char *kind;', '    const char *hex;',
             '};', '']
    for name, corpus, proto, message, samples, head in (
            ('known_requests', 'wire_request', 'relay', 'Request', REQUESTS, 'tag: 7 '),
            ('known_events', 'wire_event', 'relay', 'Event', EVENTS, 'tag: 8 '),
            ('known_letters', 'letter', 'content', 'Letter', LETTERS, f'id: {K} '),
            ('known_contents', 'content', 'content', 'Content', CONTENTS, HEAD)):
        lines += [f'#ifdef {name.upper()}']
        lines += table(name, proto, message, samples, head, corpus)[:-1]
        lines += ['#endif', '']
    lines.append('#endif')
    here = pathlib.Path(__file__).parent
    (here / 'known.h').write_text('\n'.join(lines) + '\n')


main()
