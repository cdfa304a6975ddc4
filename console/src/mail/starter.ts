/** The mail that a new template begins with: readable without images, narrow enough for phones. */
export const starterMail = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <style>
    body { margin: 0; background: #f2f4f7; font-family: Helvetica, Arial, sans-serif; color: #1d2633; }
    .sheet { width: 100%; max-width: 600px; margin: 0 auto; background: #ffffff; border-radius: 8px; }
    .content { padding: 32px; font-size: 16px; line-height: 1.5; }
    .footer { padding: 16px 32px; font-size: 12px; color: #66707f; }
  </style>
</head>
<body>
  <table role="presentation" class="sheet" cellpadding="0" cellspacing="0">
    <tr>
      <td class="content">
        <h1>Hello</h1>
        <p>Write your message here.</p>
      </td>
    </tr>
    <tr>
      <td class="footer">You receive this mail because you are a customer of ours.</td>
    </tr>
  </table>
</body>
</html>
`;
