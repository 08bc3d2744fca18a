// The next question: its text, and images that are chosen, pasted or dropped.
import { pictureOf } from './pictures.js';
import { at, problem, state } from './state.js';
import { make } from './format.js';

/** Draws the images of the next question. */
export function drawPending() {
  at('pictures').replaceChildren(...state.pending.map((url, i) => {
    const made = make('div');
    const image = make('img');
    image.src = url;
    image.alt = `image ${i + 1} of the next question`;
    const remove = make('button', '✕');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove image ${i + 1}`);
    remove.addEventListener('click', () => { state.pending.splice(i, 1); drawPending(); at('question').focus(); });
    made.append(image, remove);
    return made;
  }));
}

async function add(files) {
  for (const file of files) {
    try {
      state.pending.push(await pictureOf(file));
      problem('');
    } catch (e) {
      problem(e.message);
    }
  }
  drawPending();
  at('question').focus();
}

/** Adapts the height of the input to its text. */
export function grow() {
  const field = at('question');
  field.style.height = 'auto';
  field.style.height = field.scrollHeight + 'px';
}

at('question').addEventListener('input', grow);
at('pick').addEventListener('click', () => at('file').click());
at('file').addEventListener('change', async () => { await add([...at('file').files]); at('file').value = ''; });
document.addEventListener('paste', event => {
  const files = [...event.clipboardData.files].filter(file => file.type.startsWith('image/'));
  if (files.length) { event.preventDefault(); add(files); }
});
for (const [name, dropping] of [['dragover', true], ['dragleave', false], ['drop', false]]) {
  document.addEventListener(name, event => {
    event.preventDefault();
    document.body.classList.toggle('dropping', dropping);
    if (name === 'drop') add([...event.dataTransfer.files].filter(file => file.type.startsWith('image/')));
  });
}
