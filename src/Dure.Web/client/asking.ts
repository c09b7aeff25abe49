// On pages that ask the node for something: forms and buttons that send JSON, and the parts of a page that follow what happens.
import { Refusal, sendJson } from './http';
import { morph } from './morph';

export type Body = Record<string, unknown>;

const mebibyte = 1_048_576;

export function tell(root: ParentNode | null, failure: unknown): void {
  const notice = root?.querySelector<HTMLElement>('[data-problem]');
  if (!notice) return;
  notice.hidden = failure === null;
  const problem = failure instanceof Refusal ? failure : { what: failure instanceof Error ? failure.message : '', where: '', mend: '' };
  for (const part of ['what', 'where', 'mend'] as const) notice.querySelector(`[data-${part}]`)!.textContent = problem[part];
  if (failure !== null) notice.scrollIntoView({ block: 'nearest' });
}

/** Marks the field that a refusal names (`field 'name'`, `recipe, target`), and opens what it is folded away in. */
function mark(form: HTMLFormElement, failure: unknown): void {
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  const named = failure instanceof Refusal ? /(?:field '|factor '|outcome '|recipe[,.] ?)([^',]+)/.exec(failure.where)?.[1] : undefined;
  const field = named === undefined ? null : form.querySelector<HTMLElement>(`[name="${CSS.escape(named)}"], [data-group$="${CSS.escape(named)}"]`);
  if (!field) return;
  field.setAttribute('aria-invalid', 'true');
  for (let folded = field.closest('details'); folded; folded = folded.parentElement?.closest('details') ?? null) folded.open = true;
  field.focus();
}

/** A form's own data; not by `dataset`, which a field of that name hides. */
export function said(form: HTMLFormElement, name: string): string | null {
  return form.getAttribute(`data-${name}`);
}

/**
 * What a form says, as the node wants it: empty fields are left out, and those of a disabled group are not asked.
 * A field's `data-group` says where in the body it belongs (`recipe.split`), its `data-as` what its text is.
 */
export function bodyOf(form: HTMLFormElement): Body {
  const body: Body = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) continue;
    if (!field.name || field.matches(':disabled') || field.type === 'radio') continue;
    const put = (value: unknown) => {
      const into = (field.dataset['group']?.split('.') ?? []).reduce((outer, name) => (outer[name] ??= {}) as Body, body);
      into[field.name] = Array.isArray(value) && Array.isArray(into[field.name]) ? [...(into[field.name] as unknown[]), ...(value as unknown[])] : value;
    };
    const text = field.value.trim();
    const isTicked = field instanceof HTMLInputElement && field.checked;
    switch (field.type === 'checkbox' && !field.dataset['as'] ? 'flag' : field.dataset['as']) {
      case 'flag':
        put(isTicked);
        break;
      case 'many':
        if (isTicked) put([field.value]);
        break;
      case 'choice': // left as they came, boxes say nothing and the node chooses
        if ([...form.querySelectorAll<HTMLInputElement>(`[name="${field.name}"]`)].some((box) => box.checked !== box.defaultChecked)) put(isTicked ? [field.value] : []);
        break;
      case 'list':
        put(text.split(/[,;]/).map((part) => part.trim()).filter(Boolean));
        break;
      case 'joined': // options as one text, parted by commas
        if (isTicked) body[field.name] = body[field.name] === undefined ? field.value : `${String(body[field.name])}, ${field.value}`;
        break;
      case 'number':
        if (text) put(Number(text.replace(',', '.')));
        break;
      case 'mebi':
        if (text) put(Math.round(Number(text.replace(',', '.')) * mebibyte));
        break;
      case 'json':
        put(JSON.parse(text));
        break;
      case 'pairs':
        if (text) put(Object.fromEntries(text.split('\n').filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()])));
        break;
      default:
        if (text) put(text);
    }
  }
  return body;
}

/** Takes the parts that change from a fresh copy of this page; the server renders them, here and at the first look. */
export async function refresh(): Promise<void> {
  const asked = location.href;
  const response = await fetch(asked, { headers: { Accept: 'text/html' } });
  if (asked !== location.href) return; // another view was chosen meanwhile
  if (!response.ok) throw new Error(String(response.status));
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const part of document.querySelectorAll<HTMLElement>('[data-live-part]')) {
    const now = fresh.querySelector<HTMLElement>(`[data-live-part="${part.dataset['livePart']!}"]`);
    if (now && part.hasAttribute('data-morph')) {
      morph(part, now);
      continue;
    }
    if (!now || now.innerHTML === part.innerHTML || part.contains(document.activeElement) || part.querySelector('details[open], [data-problem]:not([hidden])')) continue;
    part.replaceWith(document.adoptNode(now));
  }
}

/** Says whether the page still hears from its node. */
function live(isOn: boolean): void {
  const line = document.querySelector<HTMLElement>('[data-live]');
  if (!line) return;
  line.dataset['state'] = isOn ? 'on' : 'lost';
  line.textContent = (isOn ? line.dataset['on'] : line.dataset['lost']) ?? '';
}

function follow(): void {
  const pauses = [...document.querySelectorAll<HTMLElement>('[data-follow]')].map((part) => Number(part.dataset['follow']));
  if (pauses.length === 0) return;
  setTimeout(async () => {
    if (!document.hidden) await refresh().then(() => live(true), () => live(false));
    follow();
  }, Math.min(...pauses));
}

async function submit(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  if (button.dataset['sure'] && !confirm(button.dataset['sure'])) return;
  button.disabled = true;
  tell(form.querySelector('[data-problem]') ? form : document.querySelector('[data-refused]'), null);
  mark(form, null);
  try {
    const answer = await sendJson<Record<string, string>>(said(form, 'method') === 'PUT' ? 'PUT' : 'POST', button.getAttribute('formaction') ?? said(form, 'post')!, { ...bodyOf(form), ...(button.name ? { [button.name]: button.value } : {}) });
    const then = said(form, 'then');
    if (then) {
      const next = new URL(then.replace('{id}', encodeURIComponent(answer['id'] ?? '')), location.href);
      const isHere = next.hash && next.pathname === location.pathname;
      if (isHere) await refresh(); // an address that differs by its mark only loads nothing
      location.assign(next);
      if (isHere) button.disabled = false;
      return;
    }
    const shown = form.querySelector<HTMLElement>('[data-shown]');
    const code = form.querySelector<HTMLTextAreaElement>('[data-code]');
    if (shown && code) {
      shown.hidden = false;
      code.value = answer[said(form, 'shows')!] ?? '';
      code.select();
    }
    if (form.hasAttribute('data-once')) {
      form.reset();
      const folded = form.closest('details');
      if (folded) {
        folded.open = false;
        folded.querySelector('summary')?.focus();
      }
    }
    await refresh().catch(() => undefined);
  } catch (failure) {
    mark(form, failure);
    document.dispatchEvent(new CustomEvent('dure-refused', { detail: { form, failure } }));
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
      await refresh().catch(() => undefined);
      button.disabled = false;
    } else location.reload();
  } catch (failure) {
    tell(place, failure);
    button.disabled = false;
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (!said(form, 'post')) return;
  event.preventDefault();
  void submit(form, (event.submitter as HTMLButtonElement | null) ?? form.querySelector<HTMLButtonElement>('button:not([type="button"])')!);
});
document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>('button[data-act], button[data-copy]');
  if (!button) return;
  if (button.dataset['act']) return void act(button);
  const code = document.getElementById(button.dataset['copy']!) as HTMLTextAreaElement;
  code.select();
  void navigator.clipboard?.writeText(code.value).then(() => (button.textContent = button.dataset['done'] ?? ''), () => undefined);
});
follow();
