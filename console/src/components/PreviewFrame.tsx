/** Shows the HTML of a mail where it can run nothing and reach nothing of the console. */
import { useMemo } from "react";

interface Props {
  html: string;
  title: string;
  width?: number;
  height?: number;
  /** Links open in a new tab; without, they do nothing. */
  links?: boolean;
}

export function PreviewFrame({ html, title, width, height = 480, links = false }: Props) {
  const source = useMemo(() => {
    if (!links) return html;
    const base = '<base target="_blank">';
    const head = /<head\b[^>]*>/i.exec(html);
    if (head === null) return base + html;
    const end = head.index + head[0].length;
    return html.slice(0, end) + base + html.slice(end);
  }, [html, links]);
  return (
    <div style={{ maxWidth: width ?? "100%", margin: "0 auto" }}>
      <iframe
        title={title}
        srcDoc={source}
        sandbox={links ? "allow-popups allow-popups-to-escape-sandbox" : ""}
        referrerPolicy="no-referrer"
        style={{
          width: "100%",
          height,
          border: "1px solid rgba(128, 128, 128, 0.4)",
          borderRadius: 8,
          background: "#fff",
          colorScheme: "light",
          boxSizing: "border-box",
          display: "block",
        }}
      />
    </div>
  );
}
