{{- /* The name of a part; every object has the release's name before it. */ -}}
{{- define "monitor.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "monitor.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "monitor.labels" -}}
{{ include "monitor.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "monitor.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "monitor.config" -}}
config.yaml: |
  {{- toYaml .Values.config | nindent 2 }}
{{- end }}

{{- /* What every pod has, but for its containers. */ -}}
{{- define "monitor.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  - name: config
    configMap: {name: {{ include "monitor.name" (dict "root" .root "part" (.config | default "config")) }}}
  {{- with .root.Values.secrets.certificates.name }}
  - name: certificates
    secret: {secretName: {{ . }}}
  {{- end }}
  {{- if and .keys .root.Values.secrets.keys.name }}
  - name: keys
    secret: {secretName: {{ .root.Values.secrets.keys.name }}}
  {{- end }}
{{- end }}

{{- /* What every container has, but for its name, command, environment and probes. */ -}}
{{- define "monitor.container" -}}
image: {{ include "monitor.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{ toYaml .resources | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  # The file alone; a change of it restarts the pods by their annotation.
  - {name: config, mountPath: /app/config.yaml, subPath: config.yaml, readOnly: true}
  {{- if .root.Values.secrets.certificates.name }}
  - {name: certificates, mountPath: /certificates, readOnly: true}
  {{- end }}
  {{- if and .keys .root.Values.secrets.keys.name }}
  # A folder, so that keys that are changed are noticed.
  - {name: keys, mountPath: /keys, readOnly: true}
  {{- end }}
{{- end }}

{{- define "monitor.secret" -}}
- name: {{ .variable }}
  valueFrom: {secretKeyRef: {name: {{ .name }}, key: {{ .key }}}}
{{- end }}

{{- define "monitor.kafka" -}}
{{- with .Values.secrets.kafka }}
{{- if .name }}
{{ include "monitor.secret" (dict "variable" "KAFKA_SASL_USERNAME" "name" .name "key" .usernameKey) }}
{{ include "monitor.secret" (dict "variable" "KAFKA_SASL_PASSWORD" "name" .name "key" .passwordKey) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "monitor.database" -}}
{{- with .Values.secrets.database }}
{{- include "monitor.secret" (dict "variable" "DATABASE_URL" "name" .name "key" .urlKey) }}
{{- end }}
{{- end }}
