#include "life.h"

#include "scenes.h"

static void
play(struct company *co, const struct scene *scenes, unsigned n, int64_t at)
{
	unsigned total = 0, d;

	for (unsigned i = 0; i < n; i++)
		total += scenes[i].share * 1000 / scenes[i].lines;
	d = rng_below(&co->rng, total);
	for (unsigned i = 0; i < n; i++) {
		unsigned weight = scenes[i].share * 1000 / scenes[i].lines;

		if (d < weight) {
			scenes[i].play(co, at);
			return;
		}
		d -= weight;
	}
}

/* How busy people are in each half hour, in per cent of the busiest. */
static const unsigned char busy[48] = {2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 8, 18, 40, 78, 95,
	100, 100, 98, 96, 95, 90, 55, 60, 92, 98, 100, 98, 95, 94, 92, 90, 84, 70, 50, 38, 28, 20,
	15, 12, 9, 7, 5, 4, 3, 2};

#define SHARE_MACHINES 25u /* per cent of a day's lines, spread evenly */

void
life_day(struct company *co)
{
	uint64_t total = 0, begin = co->put, lines = co->budget - co->put, sum = 0;
	unsigned slot = 0, people, machines;

	for (unsigned i = 0; i < 48; i++)
		total += busy[i];
	/* a slot's lines: people by the curve, machines flat; scaled to whole numbers */
	while (line_room(co)) {
		uint64_t done = co->put - begin, here;
		int64_t at;

		people = busy[slot] * 48u * (100 - SHARE_MACHINES);
		machines = (unsigned)total * SHARE_MACHINES;
		here = lines * (people + machines) / (total * 48 * 100) + 1;
		if (done >= sum + here && slot < 47) {
			sum += here;
			slot++;
			if (slot == 25)
				chores_noon(co, (int64_t)slot * 30 * MS_MINUTE);
			continue;
		}
		at = (int64_t)slot * 30 * MS_MINUTE;
		at += done < sum ? 0 : (int64_t)((done - sum) * 30 * MS_MINUTE / here);
		at = at < MS_DAY ? at : MS_DAY - 1;
		stage_release(co->stage, at - MS_MINUTE);
		/* a scene of people has some 7 lines, one of machines some 3 */
		if (rng_below(&co->rng, people * 3 + machines * 7) < people * 3)
			play(co, scenes_people, SCENES_PEOPLE, at);
		else
			play(co, scenes_machines, SCENES_MACHINES, at);
	}
}
