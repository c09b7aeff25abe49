// The evidence page: the button that has the node read its whole journal again.
import { postJson } from './http';

interface Verdict { ok: boolean; entries: number; seconds: number; problem?: string | null }

function show(result: HTMLElement, mark: 'good' | 'alarm' | null, text: string): void {
  for (const element of result.querySelectorAll<HTMLElement>('[data-mark]')) {
    element.hidden = element.dataset['mark'] !== mark;
    const words = element.querySelector('.mark > span');
    if (words) words.textContent = text;
  }
}

function start(button: HTMLButtonElement, result: HTMLElement): void {
  const label = button.textContent ?? '';
  const words = (key: string) => button.dataset[key] ?? '';
  button.addEventListener('click', async () => {
    button.disabled = true;
    button.textContent = words('busy');
    show(result, null, '');
    try {
      const verdict = await postJson<Verdict>('/api/v1/journal/verify');
      const figures = words(verdict.ok ? 'good' : 'bad')
        .replace('{0}', verdict.entries.toLocaleString('en'))
        .replace('{1}', verdict.seconds.toFixed(2));
      show(result, verdict.ok ? 'good' : 'alarm', verdict.ok ? figures : `${figures} ${verdict.problem ?? ''}`);
    } catch (failure) {
      show(result, 'alarm', `${words('failed')} ${failure instanceof Error ? failure.message : ''}`);
    } finally {
      button.disabled = false;
      button.textContent = label;
    }
  });
  button.hidden = false;
}

const button = document.querySelector<HTMLButtonElement>('[data-verify]');
const result = document.querySelector<HTMLElement>('[data-verify-result]');
if (button && result) start(button, result);
