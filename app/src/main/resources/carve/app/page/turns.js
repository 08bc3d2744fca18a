// The messages of a conversation.
import { drawMeters, fast, needed } from './meters.js';
import { act, at, columns, modelOf, state } from './state.js';
import { bytes, count, make, seconds } from './format.js';

function figures(answer) {
  const live = answer.live;
  const made = make('div', '', 'figures');
  if (!live) return made;
  if (fast(answer)) made.append(make('span', `${live.tokens_per_second} tokens/s`));
  if (live.time_to_first_token_seconds) made.append(make('span', `${seconds(live.time_to_first_token_seconds)} to first token`));
  made.append(make('span', `${count(live.context_length)} positions${live.cached_tokens ? `, ${count(live.cached_tokens)} cached` : ''}`));
  const about = modelOf(answer.model)?.carve;
  if (live.state_bytes) made.append(make('span', bytes(about ? needed(about, live.context_length) : live.state_bytes)));
  if (answer.finish === 'length') made.append(make('span', 'maximum length reached'));
  return made;
}

function drawAnswer(answer, coming) {
  const made = make('article', '', 'answer' + (coming ? ' coming' : ''));
  if (columns().length > 1 || state.models.length > 1) made.append(make('div', answer.model, 'who'));
  made.append(make('div', answer.text, 'text'));
  if (answer.error) made.append(make('div', answer.error, 'wrong'));
  made.append(figures(answer));
  return made;
}

function tool(text, title, action) {
  const made = make('button', text, 'bare');
  made.type = 'button';
  made.title = title;
  made.addEventListener('click', action);
  return made;
}

function drawTurn(turn, index) {
  const made = make('div', '', 'turn');
  const said = make('div', '', 'said');
  if (turn.pictures.length) {
    const shown = make('div', '', 'shown');
    turn.pictures.forEach(url => {
      const image = make('img');
      image.src = url;
      image.alt = 'image of this question';
      image.addEventListener('load', () => { if (image.naturalWidth < 100) image.className = 'tiny'; });
      shown.append(image);
    });
    said.append(shown);
  }
  said.append(make('div', turn.question, 'text'));
  const running = state.running?.turn === turn;
  const answers = make('div', '', 'answers' + (turn.answers.length > 1 ? ' two' : ''));
  turn.answers.forEach(answer => answers.append(drawAnswer(answer, running && !answer.finish && !answer.error)));
  made.append(said, answers);
  if (!running) {
    const tools = make('div', '', 'tools');
    tools.append(
      tool('Fork here', 'Continue from here in a new conversation; this one is kept', () => act.fork(index)),
      tool('Edit', 'Edit this message in a new conversation', () => act.edit(index)),
      tool('Copy', 'Copy the answer', () => navigator.clipboard?.writeText(turn.answers.map(answer => answer.text).join('\n\n'))));
    made.append(tools);
  }
  return made;
}

function welcome() {
  const made = make('div', '', 'welcome');
  const sees = columns().some(name => modelOf(name)?.carve?.pictures);
  made.append(make('h2', 'What would you like to know?'),
    make('p', sees ? 'Paste, drop or choose an image, and ask about it.' : 'This model accepts text only.'));
  if (sees) {
    const ideas = make('div', '', 'ideas');
    const shapes = columns().some(name => modelOf(name)?.carve?.vocabulary < 1000);
    ['describe the picture', ...(shapes ? ['how many shapes are there?', 'what shape is green?'] : [])].forEach(idea => {
      ideas.append(tool(idea, '', () => act.suggest(idea)));
    });
    made.append(ideas);
  }
  return made;
}

/** Draws the whole conversation. */
export function drawTurns() {
  const turns = at('turns');
  turns.replaceChildren(...(state.conversation.turns.length ? state.conversation.turns.map(drawTurn) : [welcome()]));
  drawMeters(); // first, because they take space below
  turns.scrollTop = turns.scrollHeight;
}

/** Draws only the last turn, while it is generated. */
export function drawLast() {
  const turns = at('turns');
  const near = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 160;
  const index = state.conversation.turns.length - 1;
  turns.lastElementChild.replaceWith(drawTurn(state.conversation.turns[index], index));
  drawMeters();
  if (near) turns.scrollTop = turns.scrollHeight;
}
