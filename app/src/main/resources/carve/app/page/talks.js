// The list of conversations, and which models answer.
import * as store from './store.js';
import { act, at, columns, modelOf, state } from './state.js';
import { make } from './words.js';

/** Draws the list of conversations. */
export function drawTalks() {
  at('talks').replaceChildren(...store.all().filter(talk => talk.turns.length || talk === state.talk).map(talk => {
    const item = make('li', '', talk === state.talk ? 'chosen' : '');
    const title = make('button', talk.title || 'New conversation', 'title');
    title.type = 'button';
    title.title = talk.title;
    if (talk === state.talk) title.setAttribute('aria-current', 'true');
    title.addEventListener('click', () => { act.choose(talk); drawer(false); });
    const remove = make('button', '✕', 'remove');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove ${talk.title || 'this conversation'}`);
    remove.addEventListener('click', () => act.remove(talk));
    item.append(title, remove);
    return item;
  }));
}

/** Draws what is chosen above the conversation. */
export function drawModels() {
  const options = () => state.models.map(model => new Option(model.id, model.id));
  at('model').replaceChildren(...options());
  at('other').replaceChildren(...options());
  const [first, second] = columns();
  at('model').value = first;
  at('other').value = second || state.models.find(model => model.id !== first)?.id || first;
  at('other').classList.toggle('hidden', !second);
  at('compare').setAttribute('aria-pressed', !!second);
  at('compare').classList.toggle('hidden', state.models.length < 2);
  document.body.classList.toggle('wide', !!second);
  at('pick').classList.toggle('hidden', columns().every(name => modelOf(name)?.carve?.pictures === false));
}

/** Opens or closes the list, where it does not stand beside. */
export function drawer(open) {
  at('side').classList.toggle('open', open);
  at('shade').classList.toggle('hidden', !open);
  if (open) at('close-side').focus();
}
