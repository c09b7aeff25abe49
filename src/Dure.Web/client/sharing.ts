// The sharing pages: forms and buttons that ask the node for something, and the parts of a page that follow what happens.
import { Refusal, sendJson } from './http';

type Body = Record<string, unknown>;

const previewMilliseconds = 250;
const mebibyte = 1_048_576;

function tell(root: ParentNode | null, failure: unknown): void {
  const notice = root?.querySelector<HTMLElement>('[data-problem]');
  if (!notice) return;
  notice.hidden = failure === null;
  const problem = failure instanceof Refusal ? failure : { what: failure instanceof Error ? failure.message : '', where: '', mend: '' };
  for (const part of ['what', 'where', 'mend'] as const) notice.querySelector(`[data-${part}]`)!.textContent = problem[part];
  if (failure !== null) notice.scrollIntoView({ block: 'nearest' });
}

/** A form's own data; not by `dataset`, which a field of that name hides. */
function said(form: HTMLFormElement, name: string): string | null {
  return form.getAttribute(`data-${name}`);
}

/** What a form says, as the node wants it: empty fields are left out, and those of a disabled group are not asked. */
function bodyOf(form: HTMLFormElement): Body {
  const body: Body = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) continue;
    if (!field.name || field.matches(':disabled') || field.type === 'radio') continue;
    const group = field.dataset['group'];
    const into = group ? ((body[group] ??= {}) as Body) : body;
    const text = field.value.trim();
    const isTicked = field instanceof HTMLInputElement && field.checked;
    switch (field.type === 'checkbox' && !field.dataset['as'] ? 'flag' : field.dataset['as']) {
      case 'flag':
        into[field.name] = isTicked;
        break;
      case 'many':
        if (isTicked) into[field.name] = [...((into[field.name] as string[] | undefined) ?? []), text];
        break;
      case 'list':
        into[field.name] = text.split(/[,;]/).map((part) => part.trim()).filter(Boolean);
        break;
      case 'number':
        if (text) into[field.name] = Number(text);
        break;
      case 'mebi':
        if (text) into[field.name] = Math.round(Number(text.replace(',', '.')) * mebibyte);
        break;
      default:
        if (text) into[field.name] = text;
    }
  }
  return body;
}

/** Takes the parts that change from a fresh copy of this page; the server renders them, here and at the first look. */
async function refresh(): Promise<void> {
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const part of document.querySelectorAll<HTMLElement>('[data-live-part]')) {
    const now = fresh.querySelector<HTMLElement>(`[data-live-part="${part.dataset['livePart']!}"]`);
    if (!now || now.innerHTML === part.innerHTML || part.contains(document.activeElement) || part.querySelector('details[open], [data-problem]:not([hidden])')) continue;
    part.replaceWith(document.adoptNode(now));
  }
}

function follow(): void {
  const pauses = [...document.querySelectorAll<HTMLElement>('[data-follow]')].map((part) => Number(part.dataset['follow']));
  if (pauses.length === 0) return;
  setTimeout(async () => {
    if (!document.hidden) await refresh().catch(() => undefined);
    follow();
  }, Math.min(...pauses));
}

async function submit(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector<HTMLButtonElement>('button:not([type="button"])')!;
  button.disabled = true;
  tell(form.querySelector('[data-problem]') ? form : document.querySelector('[data-refused]'), null);
  try {
    const answer = await sendJson<Record<string, string>>('POST', said(form, 'post')!, bodyOf(form));
    const then = said(form, 'then');
    if (then) {
      location.assign(then.replace('{id}', encodeURIComponent(answer['id'] ?? '')));
      return;
    }
    const shown = form.querySelector<HTMLElement>('[data-shown]');
    const code = form.querySelector<HTMLTextAreaElement>('[data-code]');
    if (shown && code) {
      shown.hidden = false;
      code.value = answer[said(form, 'shows')!] ?? '';
      code.select();
    }
    await refresh();
  } catch (failure) {
    tell(form.querySelector('[data-problem]') ? form : document.querySelector('[data-refused]'), failure);
  }
  button.disabled = false;
}

async function act(button: HTMLButtonElement): Promise<void> {
  if (button.dataset['sure'] && !confirm(button.dataset['sure'])) return;
  const body = JSON.parse(button.dataset['body'] ?? '{}') as Body;
  if (button.dataset['ask']) {
    const reason = prompt(button.dataset['ask']);
    if (reason === null) return;
    if (reason.trim()) body['reason'] = reason.trim();
  }
  const place = button.closest('.panel')?.querySelector('[data-refused]') ?? document.querySelector('[data-refused]');
  button.disabled = true;
  tell(place, null);
  try {
    await sendJson(button.dataset['method'] === 'DELETE' ? 'DELETE' : 'POST', button.dataset['act']!, button.dataset['method'] === 'DELETE' ? undefined : body);
    if (button.closest('[data-live-part]')) {
      button.blur();
      await refresh();
    } else location.reload();
  } catch (failure) {
    tell(place, failure);
    button.disabled = false;
  }
}

/** A sentence that says what is allowed heads the conditions after it (as Parts/Rules.razor has it). */
function isHead(sentence: string): boolean {
  return sentence.endsWith(':') || sentence.endsWith('만족하면 허용됩니다.');
}

function startPreview(form: HTMLFormElement): void {
  const place = form.querySelector<HTMLElement>('[data-preview-words]')!;
  const list = place.querySelector('ul')!;
  let waiting = 0;
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    let sentences: string[];
    let isWrong = false;
    const body = bodyOf(form);
    try {
      const words = body['form'] || body['terms'] ? await sendJson<Record<string, string[]>>('POST', said(form, 'preview')!, body) : {};
      sentences = words[document.documentElement.lang] ?? [place.dataset['empty'] ?? ''];
    } catch (failure) {
      isWrong = true;
      sentences = failure instanceof Refusal ? [`${failure.what} ${failure.where}`, failure.mend] : [String(failure)];
    }
    if (mine !== asked) return;
    place.classList.toggle('is-wrong', isWrong);
    list.replaceChildren(...sentences.map((sentence) => Object.assign(document.createElement('li'), { textContent: sentence, className: isHead(sentence) ? 'rule' : '' })));
  };
  form.addEventListener('input', (event) => {
    const mode = event.target as HTMLInputElement;
    if (mode.matches('[data-mode]'))
      for (const group of form.querySelectorAll<HTMLFieldSetElement>('[data-for-mode]')) group.hidden = group.disabled = group.dataset['forMode'] !== mode.value;
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void show(), previewMilliseconds);
  });
  void show();
}

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (!said(form, 'post')) return;
  event.preventDefault();
  void submit(form);
});
document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>('button[data-act], button[data-copy]');
  if (!button) return;
  if (button.dataset['act']) return void act(button);
  const code = document.getElementById(button.dataset['copy']!) as HTMLTextAreaElement;
  code.select();
  void navigator.clipboard?.writeText(code.value).then(() => (button.textContent = button.dataset['done'] ?? ''), () => undefined);
});
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-preview]')) startPreview(form);
follow();
