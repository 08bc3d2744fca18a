// The list of conversations, and the choice of models.
import * as store from './store.js';
import { act, at, columns, modelOf, state } from './state.js';
import { make } from './format.js';

/** Draws the list of conversations. */
export function drawConversations() {
  at('conversations').replaceChildren(...store.all().filter(conversation => conversation.turns.length || conversation === state.conversation).map(conversation => {
    const item = make('li', '', conversation === state.conversation ? 'chosen' : '');
    const title = make('button', conversation.title || 'New conversation', 'title');
    title.type = 'button';
    title.title = conversation.title;
    if (conversation === state.conversation) title.setAttribute('aria-current', 'true');
    title.addEventListener('click', () => { act.choose(conversation); drawer(false); });
    const remove = make('button', '✕', 'remove');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove ${conversation.title || 'this conversation'}`);
    remove.addEventListener('click', () => act.remove(conversation));
    item.append(title, remove);
    return item;
  }));
}

/** Draws the choice of models above the conversation. */
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

/** Opens or closes the list, where the window is narrow. */
export function drawer(open) {
  at('side').classList.toggle('open', open);
  at('shade').classList.toggle('hidden', !open);
  if (open) at('close-side').focus();
}
