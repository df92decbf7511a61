# SPDX-License-Identifier: AGPL-3.0-or-later
# A target for every decoder of lib/mls: fuzz_mls_decode.c has the list.
add_library(mls_decode STATIC mls_decode_small.c mls_decode_content.c
            mls_decode_message.c)
target_include_directories(mls_decode PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(mls_decode PUBLIC mls crypto base PRIVATE house_flags)
foreach(decoder credential extensions required_capabilities external_senders
        leaf_node parent_node psk_id group_context group_secrets
        proposal commit update_path authenticated_content sender_data
        private_content public_message private_message welcome group_info
        message)
  pristan_fuzz(mls_${decoder} fuzz_mls_decode.c
               DEFINES DECODER="${decoder}" DICT mls MAX_LEN 4096
               LINKS mls_decode mls crypto base)
endforeach()
foreach(blob epoch messages pending)
  pristan_fuzz(mls_state_${blob} fuzz_mls_state.c
               DEFINES BLOB="${blob}" DICT mls MAX_LEN 8192
               LINKS mls crypto base)
endforeach()
pristan_fuzz(mls_key_package fuzz_mls_key_package.c DICT mls MAX_LEN 4096
             LINKS mls crypto)
pristan_fuzz(mls_ratchet_tree fuzz_mls_ratchet_tree.c DICT mls MAX_LEN 8192
             LINKS mls crypto)

# The state machine, twice: as it is, and with crypto that accepts a marker.
pristan_fuzz(mls_process fuzz_mls_process.c mls_scene.c PROCESS MAX_LEN 256
             LINKS mls crypto base)
pristan_fuzz(mls_process_null fuzz_mls_process.c mls_scene.c PROCESS NULL_CRYPTO
             DICT mls MAX_LEN 512 LINKS mls crypto base)

# Makes their first inputs; run by hand when a format changes.
add_executable(mls_corpus EXCLUDE_FROM_ALL mls_corpus.c)
target_include_directories(mls_corpus PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(mls_corpus PRIVATE mls crypto base house_flags)
