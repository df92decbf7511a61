/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The drivers of the simulated world: what libuv and the disk are elsewhere. */
#ifndef SIM_NODES_H
#define SIM_NODES_H

#include "world.h"

void nodes_start_relay(struct world *w);

/* As kill -9 does; power_loss: what was not synced is gone, too. */
void nodes_stop_relay(struct world *w, bool power_loss);

/* Opens a client from its disk. */
void nodes_start_client(struct world *w, size_t i);
void nodes_stop_client(struct world *w, size_t i);

void nodes_pump_relay(struct world *w);
void nodes_pump_client(struct world *w, size_t i);

/* How many things could happen on a connection just now: a dial that is
 * answered, bytes either way, the end. */
uint32_t nodes_ready(const struct world *w, const struct world_conn *c);

/* Lets the k-th of them happen. */
void nodes_deliver(struct world *w, struct world_conn *c, uint32_t k);

/* The relay goes on with one that it has put off. */
void nodes_go_on(struct world *w);

/* The relay's batch becomes durable. */
void nodes_stored(struct world *w);

/* Both ends see the end of a line; what was on its way is lost. */
void nodes_cut(struct world *w, struct world_conn *c, bool tell_client);

/* Ticks for everybody whose deadline is there. */
void nodes_tick(struct world *w);

#endif
