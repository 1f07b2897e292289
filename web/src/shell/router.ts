// The addresses of the console. Each page is a chunk of its own.
import { createRouter, createWebHistory } from 'vue-router'
import LivePage from './LivePage.vue'

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', name: 'live', component: LivePage, meta: { title: 'nav.live' } },
    {
      path: '/cases',
      name: 'cases',
      component: () => import('@/case/CaseList.vue'),
      meta: { title: 'nav.cases' },
    },
    {
      path: '/cases/:number',
      name: 'case',
      component: () => import('@/case/CasePage.vue'),
      props: true,
      meta: { title: 'case.title' },
    },
    {
      path: '/call',
      name: 'call',
      component: () => import('@/call/CallPage.vue'),
      meta: { title: 'nav.call' },
    },
    {
      path: '/follow',
      name: 'follow',
      component: () => import('@/call/FollowPage.vue'),
      meta: { title: 'nav.follow' },
    },
    {
      path: '/inbox',
      name: 'inbox',
      component: () => import('./InboxPage.vue'),
      meta: { title: 'nav.inbox' },
    },
    {
      path: '/notices',
      name: 'notices',
      component: () => import('@/desk/NoticesPage.vue'),
      meta: { title: 'nav.notices' },
    },
    {
      path: '/duty',
      name: 'duty',
      component: () => import('@/desk/DutyPage.vue'),
      meta: { title: 'nav.duty' },
    },
    {
      path: '/tasks',
      name: 'tasks',
      component: () => import('@/tasks/TasksPage.vue'),
      meta: { title: 'nav.tasks' },
    },
    {
      path: '/reassign',
      name: 'reassign',
      component: () => import('@/reassign/ReassignPage.vue'),
      meta: { title: 'nav.reassign' },
    },
    {
      path: '/webhooks',
      name: 'webhooks',
      component: () => import('@/webhooks/WebhooksPage.vue'),
      meta: { title: 'nav.webhooks' },
    },
    {
      path: '/visits',
      name: 'visits',
      component: () => import('@/visits/VisitsPage.vue'),
      meta: { title: 'nav.visits' },
    },
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('./SignInPage.vue'),
      meta: { title: 'nav.signIn' },
    },
    {
      path: '/:rest(.*)*',
      name: 'lost',
      component: () => import('./LostPage.vue'),
      meta: { title: 'lost.title' },
    },
  ],
})
