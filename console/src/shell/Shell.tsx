/** The frame around every screen: top bar, navigation, breadcrumbs, messages. */
import AppLayout from "@cloudscape-design/components/app-layout";
import type { AppLayoutProps } from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Drawer from "@cloudscape-design/components/drawer";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import type { SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { MouseEvent } from "react";
import { Outlet, useLocation, useNavigate, useParams } from "react-router";
import { Loading } from "../components/waiting";
import { paths } from "../paths";
import { useProjects } from "../api/queries";
import { BreadcrumbsContext, useBreadcrumbState } from "./breadcrumbs";
import { DrawerContext } from "./drawer";
import type { SidePanel } from "./drawer";
import { FlashMessages, useFlash } from "./flash";
import { useSession, useSignOut } from "./session";
import { useTheme } from "./theme";

function projectItems(app: string): SideNavigationProps.Item[] {
  return [
    { type: "link", text: "Overview", href: paths.project(app) },
    {
      type: "section",
      text: "Audience",
      items: [
        { type: "link", text: "Endpoints", href: paths.endpoints(app) },
        { type: "link", text: "Segments", href: paths.segments(app) },
        { type: "link", text: "Imports", href: paths.imports(app) },
      ],
    },
    {
      type: "section",
      text: "Messages",
      items: [
        { type: "link", text: "Campaigns", href: paths.campaigns(app) },
        { type: "link", text: "Templates", href: paths.templates(app) },
        { type: "link", text: "Inbox", href: paths.inbox(app) },
      ],
    },
    {
      type: "section",
      text: "Analytics",
      items: [
        { type: "link", text: "Usage", href: paths.usage(app) },
        { type: "link", text: "Events", href: paths.events(app) },
        { type: "link", text: "Campaign results", href: paths.campaignAnalytics(app) },
      ],
    },
    { type: "section", text: "Settings", items: [{ type: "link", text: "Email channel", href: paths.emailChannel(app) }] },
  ];
}

const accountItems: SideNavigationProps.Item[] = [
  { type: "link", text: "Projects", href: paths.projects },
  { type: "link", text: "Access keys", href: paths.keys },
  { type: "link", text: "Suppression list", href: paths.suppressions },
  { type: "link", text: "Server", href: paths.server },
];

function flattened(items: readonly SideNavigationProps.Item[]): string[] {
  return items.flatMap((item) => {
    if (item.type === "section") return flattened(item.items);
    return item.type === "link" ? [item.href] : [];
  });
}

/** The entry that stands for the address: the longest one that begins it, but for the overview, which begins all. */
function activeHref(items: SideNavigationProps.Item[], path: string, overview: string | undefined): string | undefined {
  return flattened(items)
    .filter((href) => path === href || (path.startsWith(`${href}/`) && href !== overview))
    .sort((a, b) => b.length - a.length)[0];
}

/** Lets the router follow links inside the console, whichever component drew them. */
function useLinks(): (event: MouseEvent) => void {
  const navigate = useNavigate();
  return (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const href = link?.getAttribute("href") ?? "";
    if (link === null || !href.startsWith(`${paths.base}/`) || link.hasAttribute("target") || link.hasAttribute("download")) return;
    event.preventDefault();
    void navigate(href);
  };
}

/** The width of the panel at the side. */
const PANEL_PIXELS = 440;

export function Shell() {
  const { app } = useParams();
  const { pathname } = useLocation();
  const session = useSession();
  const signOut = useSignOut();
  const flash = useFlash();
  const navigate = useNavigate();
  const follow = useLinks();
  const projects = useProjects();
  const [theme, toggleTheme] = useTheme();
  const breadcrumbs = useBreadcrumbState();
  const [open, setOpen] = useState(() => window.innerWidth > 900);
  const layout = useRef<AppLayoutProps.Ref>(null);
  const [opened, setOpened] = useState<{ panel: SidePanel; path: string }>();
  const panel = opened?.path === pathname ? opened.panel : undefined;
  const showPanel = useCallback((wanted: SidePanel) => setOpened({ panel: wanted, path: pathname }), [pathname]);
  const asked = useRef<Element>(null);
  useEffect(() => {
    if (panel === undefined) {
      // Whoever asked goes on where they were.
      if (asked.current instanceof HTMLElement) asked.current.focus();
      asked.current = null;
    } else {
      asked.current ??= document.activeElement;
      layout.current?.focusToolsClose();
    }
  }, [panel]);

  const project = projects.data?.find(({ Id }) => Id === app);
  const name = project?.Name ?? "Project";
  const items = app === undefined ? accountItems : [...projectItems(app), { type: "divider" as const }, ...accountItems];
  const trail = [
    { text: "Projects", href: paths.projects },
    ...(app === undefined ? [] : [{ text: name, href: paths.project(app) }]),
    ...breadcrumbs.crumbs,
  ];

  return (
    <div onClick={follow}>
      <header id="top">
        <TopNavigation
          identity={{ href: paths.projects, title: "Beckon", logo: { src: `${import.meta.env.BASE_URL}favicon.svg`, alt: "" } }}
          i18nStrings={{ overflowMenuTriggerText: "More", overflowMenuTitleText: "All" }}
          utilities={[
            {
              type: "menu-dropdown",
              text: app === undefined ? "Choose a project" : name,
              ariaLabel: app === undefined ? "Choose a project" : `Switch project, ${name}`,
              iconName: "folder",
              items: [
                ...(projects.data ?? []).slice(0, 50).map(({ Id, Name }) => ({ id: Id, text: Name, href: paths.project(Id) })),
                { id: "all", text: "All projects", href: paths.projects },
              ],
            },
            {
              type: "button",
              text: theme === "dark" ? "Light" : "Dark",
              ariaLabel: theme === "dark" ? "Use the light theme" : "Use the dark theme",
              iconSvg: (
                <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
                  <circle cx="8" cy="8" r="6" fill="none" />
                  <path d="M8 2a6 6 0 0 1 0 12z" className="filled" />
                </svg>
              ),
              onClick: toggleTheme,
            },
            {
              type: "menu-dropdown",
              text: session.name,
              ariaLabel: `Account, ${session.name}`,
              description: `${session.policy} · account ${session.accountId}`,
              iconName: "user-profile",
              items: [
                { id: "keys", text: "Access keys", href: paths.keys },
                { id: "server", text: "Server", href: paths.server },
                { id: "sign-out", text: "Sign out" },
              ],
              onItemClick: ({ detail }) => {
                if (detail.id !== "sign-out") return;
                signOut().then(
                  () => void navigate(paths.projects),
                  (error: unknown) => flash.error("Signing out failed", error),
                );
              },
            },
          ]}
        />
      </header>
      <BreadcrumbsContext.Provider value={breadcrumbs.set}>
        <AppLayout
          ref={layout}
          headerSelector="#top"
          toolsHide={panel === undefined}
          toolsOpen={panel !== undefined}
          toolsWidth={PANEL_PIXELS}
          onToolsChange={({ detail }) => {
            if (!detail.open) setOpened(undefined);
          }}
          tools={panel !== undefined && <Drawer header={<h2>{panel.title}</h2>}>{panel.content}</Drawer>}
          navigationOpen={open}
          onNavigationChange={({ detail }) => setOpen(detail.open)}
          ariaLabels={{
            navigation: "Navigation",
            navigationToggle: "Open navigation",
            navigationClose: "Close navigation",
            notifications: "Messages",
            tools: panel?.title ?? "Details",
            toolsClose: "Close the details",
          }}
          navigation={
            <SideNavigation
              header={app === undefined ? { text: "Account", href: paths.projects } : { text: name, href: paths.project(app) }}
              items={items}
              activeHref={activeHref(items, pathname, app === undefined ? undefined : paths.project(app)) ?? "-"}
              onFollow={() => {
                if (window.innerWidth <= 688) setOpen(false);
              }}
            />
          }
          breadcrumbs={<BreadcrumbGroup items={trail} ariaLabel="Breadcrumbs" expandAriaLabel="Show path" />}
          notifications={<FlashMessages path={pathname} />}
          content={
            <DrawerContext.Provider value={showPanel}>
              <Suspense fallback={<Loading />}>
                <Outlet />
              </Suspense>
            </DrawerContext.Provider>
          }
        />
      </BreadcrumbsContext.Provider>
    </div>
  );
}
