/** A row of large numbers with their names. */
import Box from "@cloudscape-design/components/box";
import type { ReactNode } from "react";
import "./figures.css";

export interface Figure {
  label: string;
  value: ReactNode;
  note?: ReactNode;
}

export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <div className="figures">
      {figures.map(({ label, value, note }) => (
        <div key={label} className="figure" role="group" aria-label={label}>
          <div>
            <Box variant="awsui-key-label">{label}</Box>
          </div>
          <div className="figure-value">
            <Box fontSize="heading-xl" fontWeight="bold">
              {value}
            </Box>
            {note !== undefined && (
              <Box color="text-body-secondary" fontSize="body-s">
                {note}
              </Box>
            )}
          </div>
        </div>
      ))}
    </div>
  );
}
