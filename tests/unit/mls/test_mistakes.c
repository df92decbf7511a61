/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where others went wrong, and no other file looks (see the second table of
 * docs/mls-checks.md). */
#include "craft_fixture.h"

#include "lib/mls/extension.h"
#include "lib/mls/group_info.h"
#include "lib/mls/psk.h"
#include "lib/mls/welcome.h"

/* --- encoding --------------------------------------------------------------
 */

/* A length that would fit fewer bytes, and the prefix that means nothing. */
static void
lengths_have_one_form(void **state)
{
    static const uint8_t good[] = {0, 3, 0, 0};
    static const uint8_t longer[][6] = {
        {0, 3, 0x40, 0, 0, 0},
        {0, 3, 0, 0x40, 0, 0},
        {0, 3, 0x80, 0, 0, 0},
    };
    static const size_t len[] = {5, 5, 6};
    static const uint8_t longest[] = {0, 3, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct mls_welcome w;

    (void)state;
    assert_ok(mls_welcome_read(BYTES_OF(good), &w));
    for (size_t i = 0; i < sizeof len / sizeof len[0]; i++)
        assert_err(mls_welcome_read((struct bytes){longer[i], len[i]}, &w),
                   ERR_MALFORMED);
    assert_err(mls_welcome_read(BYTES_OF(longest), &w), ERR_MALFORMED);
}

static void
presence_is_0_or_1(void **state)
{
    static const uint8_t absent[] = {0, 0};
    static const uint8_t other[] = {0, 2};
    struct mls_commit c;

    (void)state;
    assert_ok(mls_commit_parse(BYTES_OF(absent), &c));
    assert_err(mls_commit_parse(BYTES_OF(other), &c), ERR_MALFORMED);
}

/* --- a group with extensions that its people know ------------------------- */

enum { KNOWN = 0xf001 };

static void
gather_with(struct people *all, const struct mls_extension *list, size_t count)
{
    static const uint16_t known[] = {KNOWN};
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.add_count = 1};
    struct bytes add;

    all->count = 2;
    for (size_t i = 0; i < 2; i++) {
        person_init(&all->of[i], i);
        all->of[i].who.extension_types = known;
        all->of[i].who.extension_type_count = 1;
    }
    assert_ok(mls_group_create(&all->of[0].who, bytes_str("the group"), list,
                               count, 0, fixture_end, &all->of[0].g));
    add = person_key_package(&all->of[1]);
    plan.adds = &add;
    people_commit(all, 0, &plan, &welcome);
    assert_ok(person_join(&all->of[1], buf_bytes(&welcome)));
    buf_free(&welcome);
}

/* A list that is replaced by an empty one is empty; one that is not spoken of
 * stays. */
static void
an_empty_list_is_not_no_list(void **state)
{
    const struct mls_extension x = {KNOWN, bytes_str("data")};
    struct mls_commit_plan plan = {0};
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct people all;
    struct bytes data;

    (void)state;
    gather_with(&all, &x, 1);
    people_commit(&all, 0, &plan, &welcome);
    for (size_t i = 0; i < 2; i++)
        assert_true(mls_group_extension(all.of[i].g, KNOWN, &data));
    plan.replace_extensions = true;
    people_commit(&all, 1, &plan, &welcome);
    for (size_t i = 0; i < 2; i++)
        assert_false(mls_group_extension(all.of[i].g, KNOWN, &data));
    people_agree(&all);
    buf_free(&welcome);
    people_free(&all);
}

/* The creator's own list is looked at as everybody else's. */
static void
a_creators_broken_list(void **state)
{
    static const uint8_t senders[] = {5, 2, 1, 7};
    const struct mls_extension x = {MLS_EXTENSION_EXTERNAL_SENDERS,
                                    BYTES_OF(senders)};
    struct person p;

    (void)state;
    person_init(&p, 0);
    assert_err(
        mls_group_create(&p.who, bytes_str("g"), &x, 1, 0, fixture_end, &p.g),
        ERR_MALFORMED);
    assert_null(p.g);
    person_free(&p);
}

/* Extensions of a GroupInfo that nobody knows are passed over (13.5). */
static void
unknown_extension_of_a_group_info(void **state)
{
    static const uint8_t grease[] = {0x0a, 0x0a, 2, 'h', 'i'};
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf extensions = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct mls_external_join in = {0};
    struct mls_group_info gi;
    enum mls_wire_format format;
    struct bytes body;
    struct person guest;
    struct people all;

    (void)state;
    people_gather(&all, 2);
    person_init(&guest, 9);
    assert_ok(mls_group_publish(all.of[0].g, true, &info));
    assert_ok(mls_message_read(buf_bytes(&info), &format, &body));
    assert_ok(mls_group_info_read(body, &gi));
    buf_append(&extensions, BYTES_OF(grease));
    buf_append(&extensions, gi.extensions);
    gi.extensions = buf_bytes(&extensions);
    mls_message_begin(&out, MLS_WIRE_GROUP_INFO);
    assert_ok(mls_group_info_make(&gi, &all.of[0].who.signature, &out));
    in.group_info = buf_bytes(&out);
    in.who = &guest.who;
    assert_ok(mls_group_join_external(&in, &commit, &guest.g));
    person_take(&all.of[1], buf_bytes(&commit), MLS_STAGED_COMMIT);
    person_free(&guest);
    people_free(&all);
    buf_free(&info);
    buf_free(&out);
    buf_free(&extensions);
    buf_free(&commit);
}

/* --- references ------------------------------------------------------------
 */

/* A commit with this reference alone and no path. */
static struct bytes
commit_to(struct person *by, struct bytes ref, struct buf *out)
{
    static const uint8_t tag[MLS_HASH_LEN] = {1};
    struct buf body = buf_limited(4096);
    struct craft c = craft_begin(by);
    size_t mark = buf_vector_begin(&body);

    mls_commit_write_ref(ref, &body);
    buf_vector_end(&body, mark);
    buf_u8(&body, 0);
    c.type = MLS_CONTENT_COMMIT;
    c.body = buf_bytes(&body);
    c.tag = BYTES_OF(tag);
    craft_end(&c, out);
    buf_free(&body);
    return buf_bytes(out);
}

/* A proposal counts in its epoch, and is gone with it. */
static void
references_end_with_the_epoch(void **state)
{
    struct buf proposal = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    const struct mls_commit_plan skip = {.skip_pending = true};
    uint8_t ref[MLS_HASH_LEN];
    struct person newcomer;
    struct mls_staged *s;
    struct people all;

    (void)state;
    people_gather(&all, 3);
    person_init(&newcomer, 9);
    assert_ok(mls_group_propose_add(all.of[1].g, person_key_package(&newcomer),
                                    MLS_FRAME_PUBLIC, &proposal, &s));
    mls_group_merge(all.of[1].g, s);
    person_take(&all.of[0], buf_bytes(&proposal), MLS_STAGED_PROPOSAL);
    person_take(&all.of[2], buf_bytes(&proposal), MLS_STAGED_PROPOSAL);
    memcpy(ref, all.of[2].g->pending->ref, sizeof ref);
    /* known, and judged up to the tag */
    mls_staged_free(person_judge(&all.of[2],
                                 commit_to(&all.of[0], BYTES_OF(ref), &out),
                                 MLS_STAGED_LOCKED_OUT));
    people_commit(&all, 0, &skip, &welcome);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mls_group_pending_count(all.of[i].g), 0);
    refused(&all.of[2], commit_to(&all.of[0], BYTES_OF(ref), &out),
            ERR_NOT_FOUND);
    refused(&all.of[2], buf_bytes(&proposal), ERR_EPOCH);
    person_free(&newcomer);
    people_free(&all);
    buf_free(&proposal);
    buf_free(&out);
    buf_free(&welcome);
}

/* The same proposal in the other framing is another one: the reference is to
 * all that was authenticated, wire format and signature too. */
static void
a_reference_is_to_the_whole(void **state)
{
    struct buf body = buf_limited(100);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct people all;
    struct craft c;

    (void)state;
    people_gather(&all, 3);
    mls_proposal_write_remove((struct mls_leaf_index){2}, &body);
    c = craft_begin(&all.of[0]);
    c.body = buf_bytes(&body);
    person_take(&all.of[1], craft_end(&c, &out), MLS_STAGED_PROPOSAL);
    c.format = MLS_WIRE_PRIVATE_MESSAGE;
    person_take(&all.of[1], craft_end(&c, &out), MLS_STAGED_PROPOSAL);
    assert_int_equal(mls_group_pending_count(all.of[1].g), 2);
    assert_memory_not_equal(all.of[1].g->pending->ref,
                            all.of[1].g->pending->next->ref, MLS_HASH_LEN);
    buf_free(&body);
    buf_free(&out);
    people_free(&all);
}

/* --- who loses -------------------------------------------------------------
 */

/* Removed while a commit of one's own waits. */
static void
removed_with_a_commit_of_ones_own(void **state)
{
    const struct mls_leaf_index who = {2};
    const struct mls_commit_plan out_with = {.removes = &who,
                                             .remove_count = 1};
    struct buf a = buf_limited(FIXTURE_BYTES);
    struct buf b = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *own;
    struct mls_staged *s;
    struct people all;

    (void)state;
    people_gather(&all, 3);
    assert_ok(mls_group_commit(all.of[2].g, &(struct mls_commit_plan){0}, &b,
                               &welcome, &own));
    assert_ok(mls_group_commit(all.of[0].g, &out_with, &a, &welcome, &s));
    person_take(&all.of[2], buf_bytes(&a), MLS_STAGED_REMOVED);
    mls_staged_free(own);
    mls_group_merge(all.of[0].g, s);
    refused(&all.of[2], buf_bytes(&b), ERR_TURN);
    refused(&all.of[0], buf_bytes(&b), ERR_EPOCH);
    people_free(&all);
    buf_free(&a);
    buf_free(&b);
    buf_free(&welcome);
}

/* Somebody from outside was first: a waiting commit is dropped for it as for
 * any other. */
static void
an_external_commit_wins(void **state)
{
    struct buf info = buf_limited(FIXTURE_BYTES);
    struct buf theirs = buf_limited(FIXTURE_BYTES);
    struct buf ours = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_external_join in = {0};
    struct person guest;
    struct mls_staged *own;
    struct people all;

    (void)state;
    people_gather(&all, 2);
    person_init(&guest, 2);
    assert_ok(mls_group_publish(all.of[0].g, true, &info));
    in.group_info = buf_bytes(&info);
    in.who = &guest.who;
    assert_ok(mls_group_join_external(&in, &theirs, &guest.g));
    assert_ok(mls_group_commit(all.of[0].g, &(struct mls_commit_plan){0}, &ours,
                               &welcome, &own));
    person_take(&all.of[0], buf_bytes(&theirs), MLS_STAGED_COMMIT);
    mls_staged_free(own);
    person_take(&all.of[1], buf_bytes(&theirs), MLS_STAGED_COMMIT);
    refused(&all.of[1], buf_bytes(&ours), ERR_EPOCH);
    people_agree(&all);
    assert_int_equal(mls_group_epoch(guest.g), mls_group_epoch(all.of[0].g));
    person_free(&guest);
    people_free(&all);
    buf_free(&info);
    buf_free(&theirs);
    buf_free(&ours);
    buf_free(&welcome);
}

/* Zero is a leaf like any other. */
static void
leaf_zero_leaves(void **state)
{
    const struct mls_leaf_index zero = {0};
    const struct mls_commit_plan plan = {.removes = &zero, .remove_count = 1};
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct people all;
    struct bytes add;

    (void)state;
    people_gather(&all, 3);
    assert_ok(mls_group_commit(all.of[1].g, &plan, &commit, &welcome, &s));
    person_take(&all.of[0], buf_bytes(&commit), MLS_STAGED_REMOVED);
    mls_group_free(all.of[0].g);
    all.of[0].g = NULL;
    person_take(&all.of[2], buf_bytes(&commit), MLS_STAGED_COMMIT);
    mls_group_merge(all.of[1].g, s);
    people_agree(&all);
    /* and is given to the next who comes */
    add = person_key_package(&all.of[0]);
    people_commit(&all, 2,
                  &(struct mls_commit_plan){.adds = &add, .add_count = 1},
                  &welcome);
    assert_ok(person_join(&all.of[0], buf_bytes(&welcome)));
    assert_int_equal(mls_group_own_leaf(all.of[0].g).v, 0);
    people_agree(&all);
    people_free(&all);
    buf_free(&commit);
    buf_free(&welcome);
}

/* --- time and keys ---------------------------------------------------------
 */

/* Whoever joins late is not kept out by members whose key packages are over. */
static void
members_whose_packages_are_over(void **state)
{
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.add_count = 1, .now = 1500};
    struct mls_join in = {.now = 5000};
    struct people all;
    struct person late;
    struct bytes add;

    (void)state;
    people_gather(&all, 1);
    person_init(&all.of[1], 1);
    assert_ok(mls_key_package_new(&all.of[1].who, 1000, 2000, false,
                                  &all.of[1].key_package, &all.of[1].secret));
    add = buf_bytes(&all.of[1].key_package);
    plan.adds = &add;
    people_commit(&all, 0, &plan, &welcome);
    assert_ok(person_join(&all.of[1], buf_bytes(&welcome)));
    all.count = 2;
    person_init(&late, 2);
    add = person_key_package(&late);
    plan.now = 5000;
    buf_reset(&welcome);
    people_commit(&all, 0, &plan, &welcome);
    in.welcome = buf_bytes(&welcome);
    in.key_package = add;
    in.secret = &late.secret;
    assert_ok(mls_group_join(&in, &late.g));
    person_free(&late);
    people_free(&all);
    buf_free(&welcome);
}

/* A commit whose path brings another signature key is signed with the one that
 * the members know. Only that the leaf was changed after the secrets were
 * sealed locks the receiver out. */
static void
a_new_signature_key_does_not_sign_yet(void **state)
{
    const struct mls_commit_plan plan = {.framing = MLS_FRAME_PUBLIC};
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf leaf = buf_limited(FIXTURE_BYTES);
    struct buf body = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_public_message m;
    struct mls_commit parts;
    struct mls_leaf_plan next;
    struct person other;
    struct mls_staged *s;
    struct people all;
    struct craft c;
    size_t at;

    (void)state;
    people_gather(&all, 3);
    person_init(&other, 9);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    mls_staged_free(s);
    m = craft_open(buf_bytes(&commit));
    assert_ok(mls_commit_parse(m.ac.content.body, &parts));
    next =
        (struct mls_leaf_plan){.encryption_key = parts.path.leaf.encryption_key,
                               .signature = &other.who.signature,
                               .credential = parts.path.leaf.credential.raw,
                               .capabilities = parts.path.leaf.capabilities.raw,
                               .source = MLS_LEAF_COMMIT,
                               .parent_hash = parts.path.leaf.parent_hash,
                               .extensions = parts.path.leaf.extensions,
                               .group_id = mls_group_id(all.of[0].g),
                               .index = {0}};
    assert_ok(mls_leaf_node_write(&next, &leaf));
    assert_int_equal(leaf.len, parts.path.leaf.raw.len);
    at = (size_t)(parts.path.leaf.raw.b - m.ac.content.body.b);
    buf_append(&body, m.ac.content.body);
    memcpy(body.b + at, leaf.b, leaf.len);
    c = craft_begin(&all.of[0]);
    c.type = MLS_CONTENT_COMMIT;
    c.body = buf_bytes(&body);
    c.tag = m.ac.auth.confirmation_tag;
    mls_staged_free(
        person_judge(&all.of[1], craft_end(&c, &out), MLS_STAGED_LOCKED_OUT));
    c.by = &(struct person){.who = other.who, .g = all.of[0].g};
    refused(&all.of[1], craft_end(&c, &out), ERR_AUTH);
    person_free(&other);
    people_free(&all);
    buf_free(&commit);
    buf_free(&welcome);
    buf_free(&leaf);
    buf_free(&body);
    buf_free(&out);
}

/* As many pre-shared keys as a receiver takes, and one more. */
static void
too_many_keys_of_ours(void **state)
{
    struct mls_psk psks[MLS_PSKS_MAX + 1];
    uint8_t names[MLS_PSKS_MAX + 1][2];
    struct mls_commit_plan plan = {.psks = psks, .psk_count = MLS_PSKS_MAX};
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct people all;

    (void)state;
    people_gather(&all, 1);
    for (size_t i = 0; i <= MLS_PSKS_MAX; i++) {
        names[i][0] = (uint8_t)(i >> 8);
        names[i][1] = (uint8_t)i;
        psks[i].id = BYTES_OF(names[i]);
        psks[i].secret = bytes_str("secret");
    }
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    mls_staged_free(s);
    buf_reset(&commit);
    plan.psk_count++;
    assert_err(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s),
               ERR_TOO_LARGE);
    assert_int_equal(commit.len, 0);
    people_free(&all);
    buf_free(&commit);
    buf_free(&welcome);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_have_one_form),
        cmocka_unit_test(presence_is_0_or_1),
        cmocka_unit_test(an_empty_list_is_not_no_list),
        cmocka_unit_test(a_creators_broken_list),
        cmocka_unit_test(unknown_extension_of_a_group_info),
        cmocka_unit_test(references_end_with_the_epoch),
        cmocka_unit_test(a_reference_is_to_the_whole),
        cmocka_unit_test(removed_with_a_commit_of_ones_own),
        cmocka_unit_test(an_external_commit_wins),
        cmocka_unit_test(leaf_zero_leaves),
        cmocka_unit_test(members_whose_packages_are_over),
        cmocka_unit_test(a_new_signature_key_does_not_sign_yet),
        cmocka_unit_test(too_many_keys_of_ours),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
