// Values of a source as rows that a person ticks and corrects; filling it again changes values and leaves what was typed.
import { writtenWhole } from './span';

export interface Item {
  item: string; standing: 'waiting' | 'accepted' | 'ignored'; sourceUnit: string | null; description: string | null; question: string | null;
  newest: [number, number | null, string] | null; path: string | null; unit: string | null; unitIsCertain: boolean;
}

export interface Wish { item: string; path: string; unit: string; sourceUnit?: string }

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 7, useGrouping: false });

/** Units as people write them; the node understands these spellings. */
const shownUnits: Record<string, string> = { Cel: '°C', '[degF]': '°F', '[psi]': 'psi' };

function shownUnit(code: string | null): string {
  return code === null ? '' : (shownUnits[code] ?? code);
}

class Row {
  readonly element: HTMLTableRowElement;
  readonly tick: HTMLInputElement;
  private readonly path: HTMLInputElement;
  private readonly unit: HTMLInputElement;
  private standing = '';

  constructor(template: HTMLTemplateElement, private item: Item, ticked: boolean) {
    this.element = (template.content.cloneNode(true) as DocumentFragment).querySelector('tr')!;
    [this.tick, this.path, this.unit] = ['tick', 'path', 'unit'].map((part) => this.element.querySelector<HTMLInputElement>(`[data-${part}]`)!) as [HTMLInputElement, HTMLInputElement, HTMLInputElement];
    this.tick.setAttribute('aria-label', (template.dataset['tickWords'] ?? '').replace('{0}', item.item));
    this.path.setAttribute('aria-label', (template.dataset['pathWords'] ?? '').replace('{0}', item.item));
    this.unit.setAttribute('aria-label', (template.dataset['unitWords'] ?? '').replace('{0}', item.item));
    this.unit.placeholder = template.dataset['unitMissing'] ?? '';
    this.set('name', item.item);
    this.show(item);
    this.tick.checked = ticked;
  }

  show(item: Item): void {
    this.item = item;
    this.set('about', [item.question, item.description].filter(Boolean).join(' '));
    const value = item.newest?.[1];
    this.set('value', item.newest === null ? '–' : value === null || value === undefined ? item.newest[2] : digits.format(value));
    this.set('time', item.newest === null ? '–' : writtenWhole(item.newest[0]));
    if (item.standing !== this.standing) {
      this.standing = item.standing;
      this.path.value = item.path ?? '';
      this.unit.value = shownUnit(item.unit);
      const mark = document.querySelector<HTMLTemplateElement>(`template[data-standing-mark="${item.standing}"]`);
      this.element.querySelector('[data-standing]')?.replaceChildren(...(mark ? [mark.content.cloneNode(true)] : []));
    } else if (this.unit.value === '' && item.unit !== null && document.activeElement !== this.unit) {
      this.unit.value = shownUnit(item.unit);
    }
  }

  get isWaiting(): boolean {
    return this.item.standing === 'waiting';
  }

  get wish(): Wish {
    const unit = this.item.sourceUnit === null ? {} : { sourceUnit: this.item.sourceUnit };
    return { item: this.item.item, path: this.path.value.trim(), unit: this.unit.value.trim(), ...unit };
  }

  /** The first field of a ticked row that is still empty. */
  empty(): HTMLInputElement | null {
    for (const field of [this.path, this.unit]) field.setAttribute('aria-invalid', String(this.tick.checked && field.value.trim() === ''));
    return !this.tick.checked ? null : this.path.value.trim() === '' ? this.path : this.unit.value.trim() === '' ? this.unit : null;
  }

  private set(part: string, text: string): void {
    this.element.querySelector(`[data-${part}]`)!.textContent = text;
  }
}

export class ItemTable {
  private readonly rows = new Map<string, Row>();
  private readonly table: HTMLTableElement;
  private readonly template: HTMLTemplateElement;

  constructor(root: ParentNode) {
    this.table = root.querySelector<HTMLTableElement>('table[data-items]')!;
    this.template = root.querySelector<HTMLTemplateElement>('template[data-item-row]')!;
    const all = this.table.querySelector<HTMLInputElement>('[data-tick-all]')!;
    // Accepted rows are accepted and ignored ones refused already: a person who means them too ticks each.
    all.addEventListener('change', () => this.rows.forEach((row) => (row.tick.checked = all.checked && row.isWaiting)));
  }

  fill(items: Item[], isTicked: (item: Item) => boolean): void {
    this.table.hidden = items.length === 0;
    const names = new Set(items.map((item) => item.item));
    for (const [name, row] of this.rows)
      if (!names.has(name)) {
        row.element.remove();
        this.rows.delete(name);
      }
    for (const item of items) {
      const known = this.rows.get(item.item);
      if (known) known.show(item);
      else {
        const row = new Row(this.template, item, isTicked(item));
        this.rows.set(item.item, row);
        this.table.tBodies[0]!.append(row.element);
      }
    }
  }

  chosen(): Wish[] {
    return [...this.rows.values()].filter((row) => row.tick.checked).map((row) => row.wish);
  }

  untick(): void {
    this.rows.forEach((row) => (row.tick.checked = false));
    this.table.querySelector<HTMLInputElement>('[data-tick-all]')!.checked = false;
  }

  /** Whether every ticked row says its path and unit; goes to the first that does not. */
  check(): boolean {
    const missing = [...this.rows.values()].map((row) => row.empty()).find((field) => field !== null);
    missing?.focus();
    return missing === undefined;
  }
}
