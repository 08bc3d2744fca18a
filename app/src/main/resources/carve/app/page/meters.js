// The speed of models, and the size of their state.
import { at, modelOf, state } from './state.js';
import { bytes, count, make } from './format.js';

// the speed of a few tokens is not meaningful
export const fast = answer => answer.pieces >= 5 ? answer.live?.tokens_per_second : 0;

// the last speed of a model in this conversation, of an answer that was long enough
function speedOf(model) {
  const known = state.conversation.turns.flatMap(turn => turn.answers).findLast(answer => answer.model === model && fast(answer));
  return known ? fast(known) : 0;
}

const FAR = 16384;

/** Returns the bytes of the state of so many positions; caches allocate more, for later positions. */
export const needed = (about, length) => about.state_bytes_at_1024 + (length - 1024) * about.cache_bytes_per_token;

// the state of a model, now and at a long context, compared with attention in every layer
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
  right.append('state ', make('b', bytes(own)), carved ? ` (teacher ${bytes(teacher)})` : '');
  right.title = `allocated: ${bytes(taken)}`;
  line.append(left, right);
  made.append(line);
  if (carved) {
    const gauge = make('div', '', 'gauge');
    const filled = make('i');
    filled.style.width = `${teacher ? Math.min(100, own / teacher * 100) : 100}%`;
    gauge.append(filled);
    gauge.setAttribute('role', 'img');
    gauge.setAttribute('aria-label', `state of ${bytes(own)}, teacher ${bytes(teacher)}`);
    made.append(gauge);
  }
  if (about) {
    const then = carved ? ` (teacher ${bytes(FAR * about.teacher_cache_bytes_per_token)})` : '';
    made.append(make('div', `at ${count(FAR)} positions: state ${bytes(needed(about, FAR))}${then}`, 'far'));
  }
  return made;
}

/** Draws the figures of the last answers. */
export function drawMeters() {
  const answers = (state.conversation.turns.at(-1)?.answers || []).filter(answer => answer.live?.context_length);
  at('meters').replaceChildren(...answers.map(answer => drawMeter(answer, answers.length > 1)));
}
