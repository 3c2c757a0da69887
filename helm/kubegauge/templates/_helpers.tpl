{{- define "kubegauge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "kubegauge.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "kubegauge.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "kubegauge.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* The name of all that belongs to the cluster-wide agent. Of a StatefulSet it may have 52 characters:
       with a hash behind it, it is a label of the pods. */ -}}
{{- define "kubegauge.clusterName" -}}
{{- printf "%s-cluster" (include "kubegauge.fullname" . | trunc 44 | trimSuffix "-") }}
{{- end }}

{{- /* Labels of one of the two agents: a list of the context and "node" or "cluster". The component is
       part of the selectors, or each would take the other's pods for its own. */ -}}
{{- define "kubegauge.selectorLabels" -}}
{{- with index . 0 -}}
app.kubernetes.io/name: {{ include "kubegauge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "kubegauge.labels" -}}
{{ include "kubegauge.selectorLabels" . }}
{{- with index . 0 }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
{{- end }}

{{- define "kubegauge.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "kubegauge.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "kubegauge.clusterAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "kubegauge.clusterName" .) .Values.cluster.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.cluster.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* Who serves kube_pod_*: "node" or "cluster". */ -}}
{{- define "kubegauge.podState" -}}
{{- default (ternary "cluster" "node" .Values.cluster.enabled) .Values.podState }}
{{- end }}

{{- define "kubegauge.sharded" -}}
{{- if gt (int .Values.cluster.shards) 1 }}true{{ end }}
{{- end }}

{{- define "kubegauge.leaderElection" -}}
{{- if and .Values.cluster.leaderElection (not (include "kubegauge.sharded" .)) }}true{{ end }}
{{- end }}

{{- /* Regular expressions as the value of one option: a comma within one is written "\,". */ -}}
{{- define "kubegauge.patterns" -}}
{{- $escaped := list }}
{{- range . }}
{{- $escaped = append $escaped (replace "," "\\," .) }}
{{- end }}
{{- join "," $escaped }}
{{- end }}

{{- define "kubegauge.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- /* The kinds that the program knows. A test compares the rules made from it with --print-rbac. */ -}}
{{- define "kubegauge.kindTable" -}}
certificatesigningrequests: {group: "certificates.k8s.io", namespaced: false, default: true}
clusterrolebindings: {group: "rbac.authorization.k8s.io", namespaced: false, default: false}
clusterroles: {group: "rbac.authorization.k8s.io", namespaced: false, default: false}
configmaps: {group: "", namespaced: true, default: false}
cronjobs: {group: "batch", namespaced: true, default: true}
daemonsets: {group: "apps", namespaced: true, default: true}
deployments: {group: "apps", namespaced: true, default: true}
endpoints: {group: "", namespaced: true, default: false}
endpointslices: {group: "discovery.k8s.io", namespaced: true, default: true}
horizontalpodautoscalers: {group: "autoscaling", namespaced: true, default: true}
ingressclasses: {group: "networking.k8s.io", namespaced: false, default: false}
ingresses: {group: "networking.k8s.io", namespaced: true, default: true}
jobs: {group: "batch", namespaced: true, default: true}
leases: {group: "coordination.k8s.io", namespaced: true, default: true}
limitranges: {group: "", namespaced: true, default: true}
mutatingadmissionpolicies: {group: "admissionregistration.k8s.io", namespaced: false, default: true}
mutatingadmissionpolicybindings: {group: "admissionregistration.k8s.io", namespaced: false, default: true}
mutatingwebhookconfigurations: {group: "admissionregistration.k8s.io", namespaced: false, default: true}
namespaces: {group: "", namespaced: false, default: true}
networkpolicies: {group: "networking.k8s.io", namespaced: true, default: true}
nodes: {group: "", namespaced: false, default: true}
persistentvolumeclaims: {group: "", namespaced: true, default: true}
persistentvolumes: {group: "", namespaced: false, default: true}
poddisruptionbudgets: {group: "policy", namespaced: true, default: true}
pods: {group: "", namespaced: true, default: true}
replicasets: {group: "apps", namespaced: true, default: true}
replicationcontrollers: {group: "", namespaced: true, default: true}
resourcequotas: {group: "", namespaced: true, default: true}
rolebindings: {group: "rbac.authorization.k8s.io", namespaced: true, default: false}
roles: {group: "rbac.authorization.k8s.io", namespaced: true, default: false}
secrets: {group: "", namespaced: true, default: false}
serviceaccounts: {group: "", namespaced: true, default: false}
services: {group: "", namespaced: true, default: true}
statefulsets: {group: "apps", namespaced: true, default: true}
storageclasses: {group: "storage.k8s.io", namespaced: false, default: true}
validatingadmissionpolicies: {group: "admissionregistration.k8s.io", namespaced: false, default: true}
validatingadmissionpolicybindings: {group: "admissionregistration.k8s.io", namespaced: false, default: true}
validatingwebhookconfigurations: {group: "admissionregistration.k8s.io", namespaced: false, default: true}
volumeattachments: {group: "storage.k8s.io", namespaced: false, default: true}
{{- end }}

{{- /* The kinds that the cluster-wide agent watches, as YAML: plural name to its line of the table. */ -}}
{{- define "kubegauge.kinds" -}}
{{- $all := include "kubegauge.kindTable" . | fromYaml }}
{{- $on := dict }}
{{- range $plural, $kind := $all }}
{{- if ternary $kind.default (has $plural $.Values.cluster.kinds) (empty $.Values.cluster.kinds) }}
{{- $_ := set $on $plural $kind }}
{{- end }}
{{- end }}
{{- range .Values.cluster.kinds }}
{{- if not (hasKey $all .) }}
{{- fail (printf "cluster.kinds: %s is none of %s" . (keys $all | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- if eq (include "kubegauge.podState" .) "node" }}
{{- $on = omit $on "pods" }}
{{- end }}
{{- toYaml $on }}
{{- end }}

{{- /* Rules to list and watch those of the kinds that stand in a namespace, or that do not: a list of
       the context, whether the first count, and whether the second do. */ -}}
{{- define "kubegauge.watchRules" -}}
{{- $groups := dict }}
{{- $wanted := dict "true" (index . 1) "false" (index . 2) }}
{{- range $plural, $kind := include "kubegauge.kinds" (index . 0) | fromYaml }}
{{- if get $wanted (toString $kind.namespaced) }}
{{- $_ := set $groups $kind.group (append (default (list) (get $groups $kind.group)) $plural) }}
{{- end }}
{{- end }}
{{- range $group, $plurals := $groups }}
- apiGroups: [{{ $group | quote }}]
  resources: [{{ join ", " $plurals }}]
  verbs: [list, watch]
{{- end }}
{{- end }}

{{- /* Head of a Role and its binding in a namespace: a list of the context, name and namespace; the rules
       are to follow. */ -}}
{{- define "kubegauge.clusterRole" -}}
{{- $name := index . 1 }}
{{- $namespace := index . 2 }}
{{- with index . 0 }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace | quote }}
  labels:
    {{- include "kubegauge.labels" (list . "cluster") | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "kubegauge.clusterAccountName" . }}
    namespace: {{ .Release.Namespace }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace | quote }}
  labels:
    {{- include "kubegauge.labels" (list . "cluster") | nindent 4 }}
{{- end }}
{{- end }}

{{- /* What replicas and shards share in their own namespace. */ -}}
{{- define "kubegauge.replicaRules" -}}
{{- if include "kubegauge.leaderElection" . }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "kubegauge.clusterName" . | quote }}]
  verbs: [get, list, watch, patch]
{{- end }}
{{- if include "kubegauge.sharded" . }}
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
- apiGroups: [apps]
  resources: [statefulsets]
  resourceNames: [{{ include "kubegauge.clusterName" . | quote }}]
  verbs: [list, watch]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "kubegauge.clusterName" . | printf "%s-shards" | quote }}]
  verbs: [list, watch, patch]
{{- end }}
{{- end }}

{{- /* The options of the cluster-wide agent that say what it watches, as a YAML list. */ -}}
{{- define "kubegauge.clusterOptions" -}}
{{- $c := .Values.cluster }}
{{- $options := list }}
{{- if or $c.kinds (eq (include "kubegauge.podState" .) "node") }}
{{- $kinds := include "kubegauge.kinds" . | fromYaml | keys | sortAlpha }}
{{- $options = append $options (printf "--resources=%s" (join "," $kinds)) }}
{{- end }}
{{- range $option, $list := dict "namespaces" $c.namespaces "namespaces-denylist" $c.namespacesDenylist "metric-labels-allowlist" .Values.metricLabelsAllowlist "metric-annotations-allowlist" .Values.metricAnnotationsAllowlist }}
{{- if $list }}
{{- $options = append $options (printf "--%s=%s" $option (join "," $list)) }}
{{- end }}
{{- end }}
{{- range $option, $list := dict "metric-denylist" .Values.metricDenylist "metric-opt-in-list" $c.metricOptInList }}
{{- if $list }}
{{- $options = append $options (printf "--%s=%s" $option (include "kubegauge.patterns" $list)) }}
{{- end }}
{{- end }}
{{- if $c.ksmQuirks }}
{{- $options = append $options "--ksm-quirks" }}
{{- end }}
{{- if include "kubegauge.leaderElection" . }}
{{- $options = concat $options (list "--leader-elect" (printf "--lease-name=%s" (include "kubegauge.clusterName" .)) "--lease-namespace=$(POD_NAMESPACE)" "--advertise-address=$(POD_IP)" "--handover-timeout=75s") }}
{{- end }}
{{- if include "kubegauge.sharded" . }}
{{- $options = concat $options (list "--pod=$(POD_NAME)" "--pod-namespace=$(POD_NAMESPACE)") }}
{{- end }}
{{- toYaml $options }}
{{- end }}
