/** How a whole is divided, as one bar with a legend. */
import Box from "@cloudscape-design/components/box";
import { count } from "../format/numbers";
import "./share-bar.css";

export interface Part {
  label: string;
  percent: number;
  /** Shown behind the label instead of the percentage. */
  amount?: number;
  colour?: string;
  quiet?: boolean;
}

const colours = ["#0b7fab", "#8456ce", "#c33d69", "#2ea597", "#b8860b"];

interface Props {
  parts: Part[];
  label?: string;
  /** Without a legend, where a table beside it says the numbers. */
  bare?: boolean;
}

export function ShareBar({ parts, label = "Shares", bare = false }: Props) {
  const shown = parts.map((part, index) => ({
    ...part,
    fill: part.colour ?? (part.quiet === true ? "rgba(128, 128, 128, 0.45)" : (colours[index % colours.length] ?? "")),
    text: part.amount === undefined ? `${Math.round(part.percent)}%` : count(part.amount),
  }));
  return (
    <div role="group" aria-label={label}>
      <div className="share-bar" aria-hidden="true">
        {shown.map(({ label: name, percent, fill }) => (
          <span key={name} style={{ width: `${percent}%`, background: fill }} />
        ))}
      </div>
      {!bare && (
        <ul className="share-legend">
          {shown.map(({ label: name, fill, text }) => (
            <li key={name}>
              <span className="share-swatch" style={{ background: fill }} aria-hidden="true" />
              {name} <Box variant="strong">{text}</Box>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
