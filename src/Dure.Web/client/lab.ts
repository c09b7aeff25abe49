// The laboratory's pages: views that change without a reload, and plans that are checked while they are written.
import { refresh, said, tell } from './asking';
import { Refusal, sendJson } from './http';

/** Shows another view of the same page: its address changes, the parts that differ do, and nothing else. */
async function view(address: string): Promise<void> {
  history.replaceState(null, '', address);
  await refresh();
}

document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-view]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void view(link.href);
});
document.addEventListener('change', (event) => {
  const form = (event.target as Element).closest<HTMLFormElement>('form[data-view]');
  if (!form) return;
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== '') as [string, string][]);
  void view(`${location.pathname}?${asked}`);
});

interface Checked { name: string; factors: number; outcomes: number; steps: number; budget: number; missing: string[] }

const pauseMilliseconds = 500;

/** Where in the text a refusal points: at a line, at the name that it quotes, or at the end of a path of members. */
function placeIn(text: string, where: string): [number, number] | null {
  const line = /line (\d+)/.exec(where)?.[1];
  if (line) {
    const lines = text.split('\n');
    const before = lines.slice(0, Number(line) - 1).join('\n').length;
    const from = before === 0 ? 0 : before + 1;
    return [from, from + (lines[Number(line) - 1]?.length ?? 0)];
  }
  const path = /'([^']+)'/.exec(where)?.slice(1) ?? where.replace(/^(plan|card)\.?/, '').split(/[.,[\] ]+/).filter((part) => /^[\w-]+$/.test(part) && !/^\d+$/.test(part));
  let found: [number, number] | null = null;
  for (const name of path) {
    const at = text.indexOf(`"${name}"`, found?.[1] ?? 0);
    if (at < 0) break;
    found = [at, at + name.length + 2];
  }
  return found;
}

function showPlace(editor: HTMLTextAreaElement, where: string): void {
  const place = placeIn(editor.value, where);
  if (!place) return;
  editor.focus();
  editor.setSelectionRange(place[0], place[1]);
  const lineHeight = parseFloat(getComputedStyle(editor).lineHeight);
  editor.scrollTop = Math.max(0, (editor.value.slice(0, place[0]).split('\n').length - 5) * lineHeight);
}

function startEditor(form: HTMLFormElement): void {
  const editor = form.querySelector<HTMLTextAreaElement>('textarea[data-checked]')!;
  const says = form.querySelector<HTMLElement>('[data-check]')!;
  const words = (name: string, ...parts: unknown[]) => (said(form, name) ?? '').replace(/\{(\d)\}/g, (_, i) => String(parts[Number(i)] ?? ''));
  let turn = 0;
  const check = async () => {
    const own = ++turn;
    try {
      const plan = await sendJson<Checked>('POST', said(form, 'check')!, { plan: editor.value });
      if (own !== turn) return;
      editor.removeAttribute('aria-invalid');
      says.dataset['is'] = plan.missing.length > 0 ? 'watch' : 'good';
      says.textContent = words('fine', plan.name, plan.factors, plan.outcomes, plan.budget, plan.steps) + (plan.missing.length > 0 ? ` ${words('missing', plan.missing.join('; '))}` : '');
    } catch (failure) {
      if (own !== turn) return;
      editor.setAttribute('aria-invalid', 'true');
      says.dataset['is'] = 'wrong';
      says.textContent = failure instanceof Refusal ? `${failure.where}: ${failure.what} ${failure.mend}` : String(failure);
    }
  };
  let waiting = 0;
  editor.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void check(), pauseMilliseconds);
  });
  if (editor.value.trim()) void check();
}

document.addEventListener('dure-refused', (event) => {
  const { form, failure } = (event as CustomEvent<{ form: HTMLFormElement; failure: unknown }>).detail;
  const editor = form.querySelector<HTMLTextAreaElement>('textarea[data-editor]');
  if (editor && failure instanceof Refusal) showPlace(editor, failure.where);
});
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-fill]'))
  button.addEventListener('click', () => {
    const editor = document.getElementById(button.dataset['fill']!) as HTMLTextAreaElement;
    editor.value = document.getElementById(button.dataset['with']!)!.textContent!;
    editor.dispatchEvent(new Event('input'));
    tell(editor.form, null);
    editor.focus();
  });
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-check]')) startEditor(form);
