/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The oracle: who should see what. It is told what people do and what their
 * screens show, shares no code with the client, and fails the world when a
 * promise breaks. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "world.h"

/* In every text, title and name, and never in the relay's store. */
#define MODEL_MARK "MARKEDTEXT"

struct model *model_new(void);
void model_free(struct model *m);

/* A new text of client i in the circle or elsewhere: fills text with the mark
 * and a number, and returns the number. */
uint32_t model_new_text(struct world *w,
                        size_t i,
                        const struct client_id *group,
                        bool circle,
                        char *text,
                        size_t size);

/* The text was taken by client_say() as this act. */
void model_said(struct world *w, uint32_t text, uint64_t act);

/* What a screen shows. */
void model_notice(struct world *w, size_t i, const struct notice *n);

/* Acts end with the process. */
void model_forget_acts(struct model *m, size_t i);

/* I3 and others that can be looked at in every step. */
void model_check_step(struct world *w);

/* The relay's disk holds no mark. */
void model_check_disk(struct world *w);

/* Faults have stopped and nothing moves: members agree, and what was delivered
 * is on every screen. */
void model_check_end(struct world *w, const struct client_id *circle);

/* How often things were seen, so that a run that hardly does anything shows. */
struct model_counts {
    uint64_t texts;  /* on screens */
    uint64_t joined; /* YOU_JOINED */
    uint64_t out;    /* YOU_REMOVED and left */
    uint64_t claims;
    uint64_t desk_texts; /* between newcomers and the desk */
};
void model_get_counts(const struct model *m, struct model_counts *out);

#endif
