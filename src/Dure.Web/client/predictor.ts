// A model's page: one row's values in, what the model says of them out, and why.
import { tell } from './asking';
import { startChanges } from './changes';
import { sendJson } from './http';
import { drawParts, written, type Explanation } from './parts';

interface Prediction { value?: number; low?: number; high?: number; class?: string; possible?: string[]; probabilities?: number[] }

function rowOf(form: HTMLFormElement): Record<string, number | string> {
  const row: Record<string, number | string> = {};
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[data-signal]')) {
    const text = field.value.trim();
    // What is no number goes as it is written: the node says what is wrong with it.
    const number = Number(text.replace(',', '.'));
    if (text) row[field.dataset['signal']!] = field.dataset['is'] === 'category' || Number.isNaN(number) ? text : number;
  }
  return row;
}

function start(form: HTMLFormElement): void {
  const answer = form.querySelector<HTMLElement>('[data-answer]')!;
  const say = (name: string, ...parts: string[]) => (form.dataset[name] ?? '').replace(/\{(\d)\}/g, (_, i) => parts[Number(i)] ?? '');
  const set = (name: string, text: string) => (answer.querySelector(`[data-${name}]`)!.textContent = text);

  const show = (prediction: Prediction | null) => {
    answer.hidden = false;
    if (prediction === null) {
      set('said', '–');
      set('sure', say('needsMore'));
    } else if (prediction.class !== undefined) {
      const probable = Math.max(...(prediction.probabilities ?? [0]));
      set('said', prediction.class);
      set('sure', `${say('probability', `${(probable * 100).toFixed(1)} %`)} ${say('possible', (prediction.possible ?? []).join(', '))}`);
    } else {
      const { value = NaN, low = NaN, high = NaN } = prediction;
      set('said', `${written(value)} ${form.dataset['unit'] ?? ''}`.trim());
      set('sure', low === high ? say('noInterval') : say('interval', written(low), written(high)));
    }
  };

  const why = form.querySelector<HTMLElement>('[data-why]')!;
  const explain = (explanation: Explanation | null | undefined) => {
    why.hidden = explanation === undefined;
    if (explanation === undefined) return;
    const [words, hint, list] = ['[data-why-words]', '[data-why-hint]', '[data-parts]'].map((part) => why.querySelector<HTMLElement>(part)!) as [HTMLElement, HTMLElement, HTMLElement];
    list.replaceChildren();
    hint.textContent = '';
    if (explanation === null) {
      words.textContent = say('noWhy');
      return;
    }
    words.textContent = say(explanation.class === null ? 'usual' : 'usualClass', written(explanation.usual), written(explanation.total), explanation.class ?? '');
    hint.textContent = [explanation.scale === 'log-odds' ? say('odds') : explanation.scale === 'logarithm' ? say('logarithm') : '', explanation.way === 'sampled' ? say('sampled') : ''].join(' ').trim();
    drawParts(list, explanation, form.dataset['missing'] ?? '', (count) => say('others', String(count)));
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    tell(form, null);
    const row = rowOf(form);
    if (Object.keys(row).length === 0) {
      // Of nothing a model says something, too; it means nothing.
      answer.hidden = false;
      set('said', '–');
      set('sure', say('empty'));
      explain(undefined);
      return;
    }
    try {
      const { predictions, explanation } = await sendJson<{ predictions: (Prediction | null)[]; explanation?: Explanation | null }>('POST', form.dataset['try']!, { rows: [row], explain: true });
      show(predictions[0] ?? null);
      explain(predictions[0] ? explanation : undefined);
    } catch (failure) {
      answer.hidden = true;
      tell(form, failure);
    }
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-try]')) {
  start(form);
  for (const changes of form.parentElement!.querySelectorAll<HTMLFormElement>('form[data-change]')) startChanges(changes, () => rowOf(form));
}
