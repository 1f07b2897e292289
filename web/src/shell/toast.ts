// What came of something whose form is gone, said for a moment at the top of the page.
import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import 'element-plus/theme-chalk/el-message.css'

const SHOWN_MS = { success: 5_000, error: 12_000 }

/** `stays` until it is closed: what is said only this once. */
export function toast(type: keyof typeof SHOWN_MS, message: string, stays = false): void {
  ElMessage({ type, message, duration: stays ? 0 : SHOWN_MS[type], showClose: true })
}
