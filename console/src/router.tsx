/** Which screen stands at which address; every screen is a bundle of its own. */
import { lazy } from "react";
import type { ComponentType } from "react";
import { createBrowserRouter, Navigate, Outlet, useRouteError } from "react-router";
import { LoadError } from "./components/waiting";
import { paths } from "./paths";
import { ConfirmProvider } from "./shell/confirm";
import { FlashProvider } from "./shell/flash";
import { ProjectGate } from "./shell/ProjectGate";
import { SessionGate } from "./shell/session";
import { Shell } from "./shell/Shell";

function screen(load: () => Promise<{ default: ComponentType }>) {
  const Screen = lazy(load);
  return <Screen />;
}

function Root() {
  return (
    <FlashProvider>
      <ConfirmProvider>
        <SessionGate>
          <Outlet />
        </SessionGate>
      </ConfirmProvider>
    </FlashProvider>
  );
}

function Failure() {
  return <LoadError error={useRouteError()} retry={() => window.location.reload()} />;
}

export const router = createBrowserRouter([
  {
    path: paths.base,
    element: <Root />,
    errorElement: <Failure />,
    children: [
      { index: true, element: <Navigate to={paths.projects} replace /> },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <Failure />,
            children: [
              { path: "projects", element: screen(() => import("./routes/projects")) },
              { path: "keys", element: screen(() => import("./routes/keys")) },
              { path: "suppressions", element: screen(() => import("./routes/suppressions")) },
              { path: "server", element: screen(() => import("./routes/server")) },
              {
                path: "projects/:app",
                element: <ProjectGate />,
                children: [
                  { index: true, element: screen(() => import("./routes/overview")) },
                  { path: "endpoints", element: screen(() => import("./routes/endpoints")) },
                  { path: "endpoints/:id", element: screen(() => import("./routes/endpoint")) },
                  { path: "segments", element: screen(() => import("./routes/segments")) },
                  { path: "segments/new", element: screen(() => import("./routes/segment-builder")) },
                  { path: "segments/:id", element: screen(() => import("./routes/segment")) },
                  { path: "segments/:id/edit", element: screen(() => import("./routes/segment-builder")) },
                  { path: "imports", element: screen(() => import("./routes/imports")) },
                  { path: "imports/new", element: screen(() => import("./routes/new-import")) },
                  { path: "imports/:id", element: screen(() => import("./routes/import-job")) },
                  { path: "templates", element: screen(() => import("./routes/templates")) },
                  { path: "templates/new", element: screen(() => import("./routes/template-editor")) },
                  { path: "templates/:name", element: screen(() => import("./routes/template-editor")) },
                  { path: "campaigns", element: screen(() => import("./routes/campaigns")) },
                  { path: "campaigns/new", element: screen(() => import("./routes/new-campaign")) },
                  { path: "campaigns/:id", element: screen(() => import("./routes/campaign")) },
                  { path: "campaigns/:id/edit", element: screen(() => import("./routes/edit-campaign")) },
                  { path: "dry-runs/:id", element: screen(() => import("./routes/dry-run")) },
                  { path: "inbox", element: screen(() => import("./routes/inbox")) },
                  { path: "inbox/:id", element: screen(() => import("./routes/message")) },
                  { path: "analytics/usage", element: screen(() => import("./routes/usage")) },
                  { path: "analytics/events", element: screen(() => import("./routes/events")) },
                  { path: "analytics/campaigns", element: screen(() => import("./routes/campaign-results")) },
                  { path: "channels/email", element: screen(() => import("./routes/email-channel")) },
                ],
              },
              { path: "*", element: screen(() => import("./routes/not-found")) },
            ],
          },
        ],
      },
    ],
  },
  { path: "*", element: <Navigate to={paths.projects} replace /> },
]);
