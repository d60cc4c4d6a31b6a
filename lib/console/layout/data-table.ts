/** A table with a caption and column headers, which scrolls within itself on a narrow screen. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

export interface DataTableParts {
  /** Also the name of the scrollable region. */
  readonly caption: string;
  readonly columns: readonly string[];
  /** `<tr>` elements. */
  readonly rows: readonly Html[];
  readonly isCaptionHidden?: boolean;
  /** On a phone, each row becomes a block. For cells that need no header to be understood. */
  readonly stacksOnPhone?: boolean;
}

export function dataTable(parts: DataTableParts): Html {
  const { caption, columns, rows, isCaptionHidden = false, stacksOnPhone = false } = parts;
  return html`<div class="scroll${stacksOnPhone ? ' stacks' : ''}" role="region" aria-label="${caption}" tabindex="0"><table>
<caption${isCaptionHidden ? html` class="hidden"` : ''}>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}
