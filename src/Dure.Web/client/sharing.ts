// The sharing pages: beside asking, a preview of what terms mean.
import { bodyOf, said } from './asking';
import { Refusal, sendJson } from './http';

const previewMilliseconds = 250;

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

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-preview]')) startPreview(form);
