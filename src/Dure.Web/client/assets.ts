// The page of machines and shells: takes a package from the reader's disk to the node.
import { Refusal, sendFile } from './http';

interface Outcome { added: string[]; replaced: string[]; unchanged: number; files: number }

function tell(form: HTMLFormElement, failure: unknown): void {
  const notice = form.querySelector<HTMLElement>('[data-problem]')!;
  notice.hidden = failure === null;
  const problem = failure instanceof Refusal ? failure : { what: failure instanceof Error ? failure.message : '', where: '', mend: '' };
  for (const part of ['what', 'where', 'mend'] as const) notice.querySelector(`[data-${part}]`)!.textContent = problem[part];
}

async function take(form: HTMLFormElement): Promise<void> {
  const file = (form.elements.namedItem('package') as HTMLInputElement).files?.[0];
  if (!file) return;
  const replaces = (form.elements.namedItem('replace') as HTMLInputElement).checked;
  const button = form.querySelector<HTMLButtonElement>('button')!;
  const says = form.querySelector<HTMLElement>('[data-says]')!;
  button.disabled = true;
  says.textContent = '';
  tell(form, null);
  try {
    const outcome = await sendFile<Outcome>(`/api/v1/shells/import?replace=${replaces}`, file);
    const counts = [outcome.added.length, outcome.replaced.length, outcome.unchanged, outcome.files];
    const isNews = outcome.added.length + outcome.replaced.length > 0;
    says.textContent = ((isNews ? form.dataset['done'] : form.dataset['none']) ?? '').replace(/\{(\d)\}/g, (_, i) => String(counts[Number(i)]));
    if (isNews) setTimeout(() => location.reload(), 1500);
  } catch (failure) {
    tell(form, failure);
  }
  button.disabled = false;
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-import]'))
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void take(form);
  });
