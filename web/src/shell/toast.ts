// What came of something whose form is gone, said for a moment at the top of the page.
import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import 'element-plus/theme-chalk/el-message.css'

const SHOWN_MS = { success: 5_000, error: 12_000 }

export function toast(type: keyof typeof SHOWN_MS, message: string): void {
  ElMessage({ type, message, duration: SHOWN_MS[type], showClose: true })
}
