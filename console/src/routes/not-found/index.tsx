import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { paths } from "../../paths";

export default function NotFound() {
  return (
    <Box textAlign="center" padding="xxl">
      <Box variant="h1">There is no such page</Box>
      <Box variant="p">The address is wrong, or the page has moved.</Box>
      <Button href={paths.projects}>All projects</Button>
    </Box>
  );
}
