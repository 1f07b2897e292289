// Where the page begins: languages, addresses, session. The map and the charts are fetched by those who show them.
import { createApp, watch } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './shell/styles.css'
import App from './App.vue'
import { i18n, tell } from './i18n'
import { router } from './shell/router'
import { resume } from './shell/session'
import { followScheme } from './shell/theme'
import { wanted } from './shell/ways'

tell()
followScheme()
void Promise.all([resume(), router.isReady()]).then(([brought]) => {
  const { name, query } = router.currentRoute.value
  if (brought && name === 'sign-in') void router.replace(wanted(query['to']))
})
router.afterEach((to) => {
  const title = typeof to.meta['title'] === 'string' ? i18n.global.t(to.meta['title']) : ''
  document.title = title === '' ? i18n.global.t('app.name') : `${title} · ${i18n.global.t('app.name')}`
})
watch(
  () => i18n.global.locale.value,
  () => {
    const title = router.currentRoute.value.meta['title']
    if (typeof title === 'string') document.title = `${i18n.global.t(title)} · ${i18n.global.t('app.name')}`
  },
)
createApp(App).use(router).use(i18n).mount('#app')
