/** Stands before the screens of a project: says so when the project is gone, follows its changes when it is there. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "react-router";
import { ApiError, pinpoint } from "../api/client";
import { useLive } from "../api/live";
import { Loading, LoadError } from "../components/waiting";
import { paths } from "../paths";

/** The id of the project whose screen is shown. */
export function useApp(): string {
  const { app } = useParams();
  if (app === undefined) throw new Error("useApp outside a project");
  return app;
}

export function ProjectGate() {
  const app = useApp();
  const project = useQuery({
    queryKey: ["project", app],
    queryFn: ({ signal }) => pinpoint("GetApp", { path: { "application-id": app }, signal }),
  });
  if (project.isPending) return <Loading />;
  if (project.isError) {
    if (project.error instanceof ApiError && project.error.status === 404) {
      return (
        <Box textAlign="center" padding="xxl">
          <Box variant="h1">This project does not exist</Box>
          <Box variant="p">It was deleted, or the address is wrong.</Box>
          <Button href={paths.projects}>All projects</Button>
        </Box>
      );
    }
    return <LoadError error={project.error} retry={() => void project.refetch()} />;
  }
  return <Followed key={app} app={app} />;
}

function Followed({ app }: { app: string }) {
  useLive(app);
  return <Outlet />;
}
