// How fast models answer, and what they remember in how many bytes.
import { at, modelOf, state } from './state.js';
import { bytes, count, make } from './words.js';

// a few tokens tell nothing about speed
export const fast = answer => answer.pieces >= 5 ? answer.live?.tokens_per_second : 0;

// the last speed of a model in this conversation that tells something
function speedOf(model) {
  const known = state.talk.turns.flatMap(turn => turn.answers).findLast(answer => answer.model === model && fast(answer));
  return known ? fast(known) : 0;
}

const FAR = 16384;

/** Returns the bytes that so many positions need; caches take more, since they keep room for those to come. */
export const needed = (about, length) => about.state_bytes_at_1024 + (length - 1024) * about.cache_bytes_per_token;

// what a model remembers, now and far on, beside attention in every layer
function drawMeter(answer, named) {
  const { context_length: length, state_bytes: taken, teacher_cache_bytes: teacher } = answer.live;
  const about = modelOf(answer.model)?.carve;
  const own = about ? needed(about, length) : taken;
  const speed = speedOf(answer.model);
  const carved = about && about.cache_bytes_per_token < about.teacher_cache_bytes_per_token;
  const made = make('div', '', 'meter');
  const line = make('div', '', 'line');
  const left = make('span');
  left.append(named ? answer.model + ' ' : '', ...(speed ? [make('b', String(speed)), ' tokens/s at '] : []), make('b', count(length)), ' positions');
  const right = make('span');
  right.append('remembers in ', make('b', bytes(own)), carved ? `, the teacher in ${bytes(teacher)}` : '');
  right.title = `with room for what is said next, it takes ${bytes(taken)}`;
  line.append(left, right);
  made.append(line);
  if (carved) {
    const gauge = make('div', '', 'gauge');
    const filled = make('i');
    filled.style.width = `${teacher ? Math.min(100, own / teacher * 100) : 100}%`;
    gauge.append(filled);
    gauge.setAttribute('role', 'img');
    gauge.setAttribute('aria-label', `memory ${bytes(own)}, of the teacher ${bytes(teacher)}`);
    made.append(gauge);
  }
  if (about) {
    const then = carved ? `, the teacher in ${bytes(FAR * about.teacher_cache_bytes_per_token)}` : '';
    made.append(make('div', `at ${count(FAR)} positions in ${bytes(needed(about, FAR))}${then}`, 'far'));
  }
  return made;
}

/** Draws what the last answers took. */
export function drawMeters() {
  const answers = (state.talk.turns.at(-1)?.answers || []).filter(answer => answer.live?.context_length);
  at('meters').replaceChildren(...answers.map(answer => drawMeter(answer, answers.length > 1)));
}
