import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Toasts } from '@/components/ui/toast'
import { HintProvider } from '@/components/ui/tooltip'
import { applyTheme } from '@/lib/theme'
import { queryClient, router } from './router'

applyTheme()
// Dialogs hold the page still with a style element, which the Content-Security-Policy admits by its nonce only.
setNonce(document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '')

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <HintProvider>
          <RouterProvider router={router} />
          <Toasts />
        </HintProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
