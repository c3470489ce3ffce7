{{/* Names, labels, and what pods of both planes have in common. */}}

{{- define "portway.name" -}}
{{- if contains "portway" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-portway" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* (dict "root" $ "component" "node") */}}
{{- define "portway.selector" -}}
app.kubernetes.io/name: portway
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "portway.labels" -}}
{{ include "portway.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* (dict "root" $ "name" "portway-node" "digest" "") */}}
{{- define "portway.image" -}}
{{- $registry := .root.Values.image.registry -}}
{{- $repository := ternary .name (printf "%s/%s" (trimSuffix "/" $registry) .name) (empty $registry) -}}
{{- if .digest }}{{ $repository }}@{{ .digest }}{{ else }}{{ $repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "portway.publicOrigin" -}}
{{ required "publicOrigin: set the origin where browsers and IDEs sign in, such as https://auth.example.com" .Values.publicOrigin }}
{{- end }}

{{- define "portway.gatewayOrigins" -}}
{{- if not .Values.gatewayOrigins }}{{ fail "gatewayOrigins: set the origins where MCP clients connect, such as [https://mcp.example.com]" }}{{ end -}}
{{ toJson .Values.gatewayOrigins }}
{{- end }}

{{- define "portway.secret.kek" -}}
{{ required "controlPlane.secrets.keyEncryption: name a Secret with the key-encryption key: kubectl create secret generic portway-kek --from-literal=kek=\"$(openssl rand -base64 32)\"" .Values.controlPlane.secrets.keyEncryption }}
{{- end }}

{{- define "portway.secret.database" -}}
{{ required "controlPlane.secrets.database: name a Secret with the keys url, system-url and owner-url (logins of deploy/sql/roles.sql): kubectl create secret generic portway-database --from-literal=url=postgres://gateway_app:…" .Values.controlPlane.secrets.database }}
{{- end }}

{{- define "portway.secret.grpcTls" -}}
{{ required (printf "controlPlane.secrets.grpcTls: name a Secret with tls.crt, tls.key and ca.crt; the certificate is for %s-control-plane.%s.svc" (include "portway.name" .) .Release.Namespace) .Values.controlPlane.secrets.grpcTls }}
{{- end }}

{{- define "portway.secret.enrolment" -}}
{{ required "node.secrets.enrolment: name a Secret with the nodes' enrolment secret in the key secret; it may be made after the install, NOTES say how" .Values.node.secrets.enrolment }}
{{- end }}

{{- define "portway.secret.state" -}}
{{ required "node.secrets.state: name a Secret with the key that seals the state volumes: kubectl create secret generic portway-state --from-literal=key=\"$(openssl rand -base64 32)\"" .Values.node.secrets.state }}
{{- end }}

{{- define "portway.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "portway.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Spread over zones, then over machines, as far as that is possible. (dict "root" $ "component" … "given" […]) */}}
{{- define "portway.spread" -}}
{{- if .given }}
{{- toYaml .given }}
{{- else }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "portway.selector" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Egress to names, and to the outside without private networks and metadata addresses; (dict "root" $ "ranges" […]). */}}
{{- define "portway.egressOutside" -}}
- to: {{- toYaml .root.Values.networkPolicy.dns.to | nindent 4 }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: {{- concat (list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" "127.0.0.0/8") .root.Values.networkPolicy.metadataAddresses | toYaml | nindent 10 }}
    - ipBlock:
        cidr: ::/0
        except: ["fc00::/7", "fe80::/10", "64:ff9b::/96"]
  ports: {{- range .root.Values.networkPolicy.outsidePorts }}
    - {port: {{ . }}, protocol: TCP}
  {{- end }}
{{- if .ranges }}
- to: {{- range .ranges }}
    - ipBlock: {cidr: {{ . | quote }}}
  {{- end }}
{{- end }}
{{- with .root.Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The settings `otlp.*` of both planes. */}}
{{- define "portway.otlp" -}}
{{- with .Values.monitoring.otlp }}
{{- if .endpoint }}

[otlp]
endpoint = {{ .endpoint | quote }}
protocol = {{ .protocol | quote }}
sample_ratio = {{ .sampleRatio }}
metrics_every_s = {{ int .metricsEverySeconds }}
{{- if .headersSecret }}
headers_file = "/run/secrets/otlp/headers"
{{- end }}
{{- end }}
{{- end }}
{{- end }}
