"""Which samples an object must have: the rules of the reference's table, read anew. Each function takes
an object as the API server gives it and yields (family without the resource's prefix, labels, value)."""
import cron
import rules_pods
from rules_common import conditions, created, deleted, get, meta_labels, owners, resource_list, statuses, text
from values import exact, label_pairs, milli, seconds, whole


def many(o, path, *names):
    """Status or spec numbers that are 0 when missing: family names with the field's name."""
    for family, field in names:
        yield family, [], get(o, f"{path}.{field}") or 0


def given(o, *names):
    """Fields that have a sample only when they are there."""
    for family, path in names:
        if get(o, path) is not None:
            yield family, [], get(o, path)


def times(o, *names):
    for family, path in names:
        if get(o, path):
            yield family, [], seconds(get(o, path))


def version(o):
    yield "metadata_resource_version", [], float(o["metadata"]["resourceVersion"])


def generation(o):
    yield "metadata_generation", [], get(o, "metadata.generation") or 0


def info(o, *pairs, family="info"):
    yield family, [(name, text(get(o, path))) for name, path in pairs], 1


def certificatesigningrequests(o):
    import base64
    types = [c["type"] for c in get(o, "status.conditions", [])]
    for type_ in ("Approved", "Denied", "Failed"):
        yield "condition", [("condition", type_.lower())], types.count(type_)
    yield "cert_length", [], len(base64.b64decode(get(o, "status.certificate") or ""))


def roleref(o):
    yield from info(o, ("roleref_kind", "roleRef.kind"), ("roleref_name", "roleRef.name"))
    yield from version(o)


def plain(o):
    yield "info", [], 1
    yield from version(o)


def cronjobs(o):
    spec = o["spec"]
    yield "info", [("schedule", spec["schedule"]), ("concurrency_policy", text(spec.get("concurrencyPolicy"))),
                   ("timezone", spec.get("timeZone") or "local")], 1
    yield "status_active", [], len(get(o, "status.active", []))
    yield from times(o, ("status_last_schedule_time", "status.lastScheduleTime"),
                     ("status_last_successful_time", "status.lastSuccessfulTime"))
    yield "spec_suspend", [], int(bool(spec.get("suspend")))
    yield from given(o, ("spec_starting_deadline_seconds", "spec.startingDeadlineSeconds"),
                     ("spec_successful_job_history_limit", "spec.successfulJobsHistoryLimit"),
                     ("spec_failed_job_history_limit", "spec.failedJobsHistoryLimit"))
    yield from version(o)
    start = get(o, "status.lastScheduleTime") or get(o, "metadata.creationTimestamp")
    try:
        following = cron.after(spec["schedule"], spec.get("timeZone"), seconds(start))
    except ValueError:
        yield "schedule_invalid", [], 1
        return
    if following is not None and not spec.get("suspend"):
        yield "next_schedule_time", [], following


def daemonsets(o):
    yield from many(o, "status", ("status_current_number_scheduled", "currentNumberScheduled"),
                    ("status_desired_number_scheduled", "desiredNumberScheduled"),
                    ("status_number_available", "numberAvailable"), ("status_number_misscheduled", "numberMisscheduled"),
                    ("status_number_ready", "numberReady"), ("status_number_unavailable", "numberUnavailable"),
                    ("status_observed_generation", "observedGeneration"),
                    ("status_updated_number_scheduled", "updatedNumberScheduled"))
    yield from generation(o)


DEPLOYMENT_REASONS = ("ReplicaSetUpdated", "ReplicaSetCreateError", "NewReplicaSetCreated", "FoundNewReplicaSet",
                      "NewReplicaSetAvailable", "ProgressDeadlineExceeded", "DeploymentPaused", "DeploymentResumed",
                      "MinimumReplicasAvailable", "MinimumReplicasUnavailable", "")


def deployments(o):
    yield from owners(o, controller=False)
    yield from many(o, "status", ("status_replicas", "replicas"), ("status_replicas_ready", "readyReplicas"),
                    ("status_replicas_available", "availableReplicas"),
                    ("status_replicas_unavailable", "unavailableReplicas"),
                    ("status_replicas_updated", "updatedReplicas"), ("status_observed_generation", "observedGeneration"))
    yield from given(o, ("status_terminating_replicas", "status.terminatingReplicas"), ("spec_replicas", "spec.replicas"))
    seen = set()
    for c in get(o, "status.conditions", []):
        reason = text(c.get("reason"))
        if c["type"] not in seen:
            yield from statuses("status_condition", [("reason", reason if reason in DEPLOYMENT_REASONS else "unknown"),
                                                     ("condition", c["type"])], c["status"], "status")
        seen.add(c["type"])
    yield "spec_paused", [], int(bool(get(o, "spec.paused")))
    for family, field, up in (("max_unavailable", "maxUnavailable", False), ("max_surge", "maxSurge", True)):
        value = get(o, "spec.strategy.rollingUpdate." + field)
        replicas = get(o, "spec.replicas")
        if isinstance(value, str) and replicas is not None:
            product = int(value.rstrip("%")) * replicas
            value = -(-product // 100) if up else product // 100
        if value is not None and replicas is not None:
            yield "spec_strategy_rollingupdate_" + family, [], value
    yield from generation(o)


def endpoints(o):
    yield "info", [], 1
    for subset in o.get("subsets") or []:
        for port in subset.get("ports") or []:
            port_of = [("port_protocol", port["protocol"]), ("port_number", str(port["port"])),
                       ("port_name", port.get("name", ""))]
            for field, ready in (("addresses", "true"), ("notReadyAddresses", "false")):
                for address in subset.get(field) or []:
                    yield "address", port_of + [("ip", address["ip"]), ("ready", ready)], 1
            yield "ports", [port_of[2], port_of[0], port_of[1]], 1


def endpointslices(o):
    yield from info(o, ("addresstype", "addressType"))
    for e in o.get("endpoints") or []:
        condition = [text(get(e, "conditions." + c)) for c in ("ready", "serving", "terminating")]
        for zone in get(e, "hints.forZones", []):
            yield "endpoints_hints", [("address", e["addresses"][0]), ("for_zone", zone["name"])], 1
        for address in e["addresses"]:
            yield "endpoints", [
                ("ready", condition[0]), ("serving", condition[1]), ("hostname", text(e.get("hostname"))),
                ("terminating", condition[2]), ("targetref_kind", text(get(e, "targetRef.kind"))),
                ("targetref_name", text(get(e, "targetRef.name"))),
                ("targetref_namespace", text(get(e, "targetRef.namespace"))),
                ("endpoint_nodename", text(e.get("nodeName"))), ("endpoint_zone", text(e.get("zone"))),
                ("address", address)], 1
    for port in o.get("ports") or []:
        yield "ports", [("port_name", text(port.get("name"))), ("port_protocol", text(port.get("protocol"))),
                        ("port_number", text(port.get("port")))], 1


def hpa_metrics(family, metrics, where):
    seen = set()
    for m in metrics:
        field = m["type"][0].lower() + m["type"][1:]
        source = m.get(field)
        if source is None:
            continue
        name = source["name"] if field in ("resource", "containerResource") else source["metric"]["name"]
        container = source["container"] if field == "containerResource" else ""
        for key, kind, read in (("value", "value", milli), ("averageValue", "average", milli),
                                ("averageUtilization", "utilization", float)):
            labels = [("metric_name", name), ("metric_target_type", kind), ("container", container)]
            if source[where].get(key) is not None and tuple(labels) not in seen:
                seen.add(tuple(labels))
                yield family, labels, read(source[where][key])


def horizontalpodautoscalers(o):
    target = o["spec"]["scaleTargetRef"]
    api = [("scaletargetref_api_version", target["apiVersion"])] if target.get("apiVersion") else []
    yield "info", api + [("scaletargetref_kind", target["kind"]), ("scaletargetref_name", target["name"])], 1
    yield from generation(o)
    yield "spec_max_replicas", [], o["spec"].get("maxReplicas", 0)
    yield "spec_min_replicas", [], o["spec"].get("minReplicas", 1)
    yield from hpa_metrics("spec_target_metric", get(o, "spec.metrics", []), "target")
    yield from hpa_metrics("status_target_metric", get(o, "status.currentMetrics", []), "current")
    for way in ("Down", "Up"):
        tolerance = get(o, f"spec.behavior.scale{way}.tolerance")
        if tolerance is not None:
            yield f"spec_behavior_scale_{way.lower()}_tolerance", [], exact(tolerance)
    yield from many(o, "status", ("status_current_replicas", "currentReplicas"),
                    ("status_desired_replicas", "desiredReplicas"))
    yield from conditions("status_condition", o)


def ingresses(o):
    class_ = get(o, "metadata.annotations", {}).get("kubernetes.io/ingress.class")
    if class_ is None:
        class_ = get(o, "spec.ingressClassName")
    yield "info", [("ingressclass", "_default" if class_ is None else class_)], 1
    yield from version(o)
    for rule in get(o, "spec.rules", []):
        for path in get(rule, "http.paths", []):
            backend = path["backend"]
            labels = [("host", text(rule.get("host"))), ("path", text(path.get("path"))),
                      ("path_type", text(path.get("pathType")))]
            if "service" in backend:
                labels += [("service_name", backend["service"]["name"]),
                           ("service_port", str(get(backend, "service.port.number") or 0))]
            else:
                labels += [("resource_api_group", text(backend["resource"].get("apiGroup"))),
                           ("resource_kind", backend["resource"]["kind"]), ("resource_name", backend["resource"]["name"])]
            yield "path", labels, 1
    for tls in get(o, "spec.tls", []):
        for host in tls.get("hosts", []):
            yield "tls", [("tls_host", host), ("secret", text(tls.get("secretName")))], 1


def jobs(o):
    yield "info", [], 1
    yield from given(o, ("spec_parallelism", "spec.parallelism"), ("spec_completions", "spec.completions"),
                     ("spec_active_deadline_seconds", "spec.activeDeadlineSeconds"))
    yield from many(o, "status", ("status_succeeded", "succeeded"), ("status_active", "active"), ("status_ready", "ready"))
    by_type = {c["type"]: c for c in reversed(get(o, "status.conditions", []))}
    failed = get(o, "status.failed") or 0
    if not failed:
        yield "status_failed", [], 0
    else:
        known, reason = ("BackoffLimitExceeded", "DeadlineExceeded", "Evicted"), get(by_type, "Failed.reason")
        if "Failed" in by_type:
            for each in known:
                yield "status_failed", [("reason", each)], int(each == reason)
        if reason not in known:
            yield "status_failed", [("reason", "")], failed
    for type_ in ("Complete", "Failed"):
        if type_ in by_type:
            yield from statuses(type_.lower(), [], by_type[type_]["status"], "condition")
    if "Suspended" in by_type:
        yield "status_suspended", [], int(by_type["Suspended"]["status"] == "True")
    yield from times(o, ("status_start_time", "status.startTime"), ("status_completion_time", "status.completionTime"))
    yield from owners(o)


def leases(o):
    for owner in get(o, "metadata.ownerReferences", []) or [{"kind": "", "name": ""}]:
        yield "owner", [("owner_kind", owner["kind"]), ("owner_name", owner["name"]),
                        ("namespace", o["metadata"]["namespace"]), ("lease_holder", text(get(o, "spec.holderIdentity")))], 1
    if get(o, "spec.renewTime"):
        yield "renew_time", [("namespace", o["metadata"]["namespace"])], seconds(o["spec"]["renewTime"])


def limitranges(o):
    for limit in get(o, "spec.limits", []):
        for constraint in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio"):
            for resource, value in (limit.get(constraint) or {}).items():
                yield "", [("resource", resource), ("type", limit["type"]), ("constraint", constraint)], milli(value)


def policies(o):
    pairs = [("param_api_version", "spec.paramKind.apiVersion"), ("param_kind", "spec.paramKind.kind"),
             ("failure_policy", "spec.failurePolicy")]
    if o["kind"].startswith("Mutating"):
        pairs.append(("reinvocation_policy", "spec.reinvocationPolicy"))
    yield from info(o, *pairs)


def bindings(o):
    yield from info(o, ("policy_name", "spec.policyName"), ("param_name", "spec.paramRef.name"),
                    ("param_namespace", "spec.paramRef.namespace"),
                    ("param_not_found_action", "spec.paramRef.parameterNotFoundAction"))
    if o["kind"].startswith("Validating"):
        for action in o["spec"]["validationActions"]:
            yield "validation_action", [("action", action)], 1


def webhooks(o):
    yield from plain(o)
    for hook in o.get("webhooks") or []:
        yield "webhook_clientconfig_service", [
            ("webhook_name", hook["name"]), ("service_name", text(get(hook, "clientConfig.service.name"))),
            ("service_namespace", text(get(hook, "clientConfig.service.namespace")))], 1


def namespaces(o):
    for phase in ("Active", "Terminating"):
        yield "status_phase", [("phase", phase)], int(get(o, "status.phase") == phase)
    yield from conditions("status_condition", o)


def networkpolicies(o):
    yield "spec_ingress_rules", [], len(get(o, "spec.ingress", []))
    yield "spec_egress_rules", [], len(get(o, "spec.egress", []))


def nodes(o):
    node = get(o, "status.nodeInfo", {})
    addresses = get(o, "status.addresses", [])
    internal = [a["address"] for a in addresses if a["type"] == "InternalIP"]
    yield "info", [("kernel_version", text(node.get("kernelVersion"))), ("os_image", text(node.get("osImage"))),
                   ("container_runtime_version", text(node.get("containerRuntimeVersion"))),
                   ("kubelet_version", text(node.get("kubeletVersion"))), ("kubeproxy_version", "deprecated"),
                   ("provider_id", text(get(o, "spec.providerID"))), ("pod_cidr", text(get(o, "spec.podCIDR"))),
                   ("system_uuid", text(node.get("systemUUID"))), ("internal_ip", internal[-1] if internal else "")], 1
    prefix = "node-role.kubernetes.io/"
    for key in get(o, "metadata.labels", {}):
        if key.startswith(prefix):
            yield "role", [("role", key[len(prefix):])], 1
    for cidr in get(o, "spec.podCIDRs", []):
        yield "spec_pod_cidrs", [("pod_cidr", cidr)], 1
    for taint in get(o, "spec.taints", []):
        yield "spec_taint", [(name, text(taint.get(name))) for name in ("key", "value", "effect")], 1
    yield "spec_unschedulable", [], int(bool(get(o, "spec.unschedulable")))
    for field in ("allocatable", "capacity"):
        yield from resource_list("status_" + field, get(o, "status." + field, {}), [], pods=True)
    yield from conditions("status_condition", o)
    for a in addresses:
        yield "status_addresses", [("type", a["type"]), ("address", a["address"])], 1


def phases(o, *all_):
    if get(o, "status.phase"):
        for phase in all_:
            yield "status_phase", [("phase", phase)], int(o["status"]["phase"] == phase)


def modes(o):
    for mode in get(o, "spec.accessModes", []):
        yield "access_mode", [("access_mode", mode)], 1


def persistentvolumeclaims(o):
    class_ = get(o, "metadata.annotations", {}).get("volume.beta.kubernetes.io/storage-class")
    yield "info", [("storageclass", text(get(o, "spec.storageClassName")) if class_ is None else class_),
                   ("volumename", text(get(o, "spec.volumeName"))), ("volumemode", text(get(o, "spec.volumeMode")))], 1
    yield from phases(o, "Lost", "Bound", "Pending")
    size = get(o, "spec.resources.requests", {}).get("storage")
    if size is not None:
        yield "resource_requests_storage_bytes", [], whole(size)
    yield from modes(o)
    yield from conditions("status_condition", o)


SOURCES = (("gcePersistentDisk", [("gce_persistent_disk_name", "pdName")]),
           ("awsElasticBlockStore", [("ebs_volume_id", "volumeID")]), ("azureDisk", [("azure_disk_name", "diskName")]),
           ("fc", [("fc_wwids", "wwids"), ("fc_lun", "lun"), ("fc_target_wwns", "targetWWNs")]),
           ("iscsi", [("iscsi_target_portal", "targetPortal"), ("iscsi_iqn", "iqn"), ("iscsi_lun", "lun"),
                      ("iscsi_initiator_name", "initiatorName")]),
           ("nfs", [("nfs_server", "server"), ("nfs_path", "path")]),
           ("csi", [("csi_driver", "driver"), ("csi_volume_handle", "volumeHandle")]),
           ("local", [("local_path", "path"), ("local_fs", "fsType")]),
           ("hostPath", [("host_path", "path"), ("host_path_type", "type")]))


def persistentvolumes(o):
    spec = o["spec"]
    source = next((key for key, _ in SOURCES if spec.get(key)), None)
    labels = [("storageclass", text(spec.get("storageClassName")))]
    for key, pairs in SOURCES:
        for name, field in pairs:
            value = spec[key].get(field) if key == source else None
            labels.append((name, ",".join(value) if isinstance(value, list) else text(value)))
    yield "info", labels + [("reclaim_policy", text(spec.get("persistentVolumeReclaimPolicy")))], 1
    if spec.get("claimRef"):
        yield "claim_ref", [("name", spec["claimRef"]["name"]), ("claim_namespace", spec["claimRef"]["namespace"])], 1
    yield from phases(o, "Pending", "Available", "Bound", "Released", "Failed")
    yield "capacity_bytes", [], whole(get(o, "spec.capacity", {}).get("storage", "0"))
    if spec.get("csi"):
        attributes = spec["csi"].get("volumeAttributes") or {}
        yield "csi_attributes", [("csi_mounter", attributes.get("mounter", "")),
                                 ("csi_map_options", attributes.get("mapOptions", ""))], 1
    yield "volume_mode", [("volumemode", spec.get("volumeMode", "Filesystem"))], 1
    yield from modes(o)


def poddisruptionbudgets(o):
    yield from many(o, "status", ("status_current_healthy", "currentHealthy"), ("status_desired_healthy", "desiredHealthy"),
                    ("status_pod_disruptions_allowed", "disruptionsAllowed"), ("status_expected_pods", "expectedPods"),
                    ("status_observed_generation", "observedGeneration"))


def replicas(o):
    yield from many(o, "status", ("status_replicas", "replicas"), ("status_fully_labeled_replicas", "fullyLabeledReplicas"),
                    ("status_ready_replicas", "readyReplicas"), ("status_observed_generation", "observedGeneration"))
    if o["kind"] == "ReplicationController":
        yield from many(o, "status", ("status_available_replicas", "availableReplicas"))
    else:
        yield from given(o, ("status_terminating_replicas", "status.terminatingReplicas"))
    yield from given(o, ("spec_replicas", "spec.replicas"))
    yield from generation(o)
    yield from owners(o)


def resourcequotas(o):
    for type_ in ("hard", "used"):
        for resource, value in get(o, "status." + type_, {}).items():
            yield "", [("resource", resource), ("type", type_)], milli(value)


def secrets(o):
    yield from plain(o)
    yield "type", [("type", o["type"])], 1
    yield from owners(o)


def serviceaccounts(o):
    yield from info(o, ("automount_token", "automountServiceAccountToken"))
    for family, field in (("secret", "secrets"), ("image_pull_secret", "imagePullSecrets")):
        for each in o.get(field) or []:
            yield family, [("name", each["name"])], 1


def services(o):
    yield from info(o, ("cluster_ip", "spec.clusterIP"), ("external_name", "spec.externalName"),
                    ("load_balancer_ip", "spec.loadBalancerIP"), ("external_traffic_policy", "spec.externalTrafficPolicy"))
    yield from info(o, ("type", "spec.type"), family="spec_type")
    for ip in get(o, "spec.externalIPs", []):
        yield "spec_external_ip", [("external_ip", ip)], 1
    for ingress in get(o, "status.loadBalancer.ingress", []):
        yield "status_load_balancer_ingress", [("ip", ingress.get("ip", "")), ("hostname", ingress.get("hostname", ""))], 1


def statefulsets(o):
    yield from many(o, "status", ("status_replicas", "replicas"), ("status_replicas_available", "availableReplicas"),
                    ("status_replicas_current", "currentReplicas"), ("status_replicas_ready", "readyReplicas"),
                    ("status_replicas_updated", "updatedReplicas"), ("status_observed_generation", "observedGeneration"))
    yield from given(o, ("replicas", "spec.replicas"))
    if get(o, "spec.ordinals") is not None:
        yield "ordinals_start", [], o["spec"]["ordinals"].get("start", 0)
    yield from generation(o)
    policy = get(o, "spec.persistentVolumeClaimRetentionPolicy", {})
    if policy:
        yield "persistentvolumeclaim_retention_policy", [("when_deleted", policy.get("whenDeleted", "")),
                                                         ("when_scaled", policy.get("whenScaled", ""))], 1
    yield from info(o, ("revision", "status.currentRevision"), family="status_current_revision")
    yield from info(o, ("revision", "status.updateRevision"), family="status_update_revision")


def storageclasses(o):
    yield "info", [("provisioner", o["provisioner"]), ("reclaim_policy", o.get("reclaimPolicy", "Delete")),
                   ("volume_binding_mode", o.get("volumeBindingMode", "Immediate"))], 1


def volumeattachments(o):
    yield "labels", label_pairs("label_", get(o, "metadata.labels", {})), 1
    yield from info(o, ("attacher", "spec.attacher"), ("node", "spec.nodeName"))
    if get(o, "spec.source.persistentVolumeName"):
        yield from info(o, ("volumename", "spec.source.persistentVolumeName"), family="spec_source_persistentvolume")
    yield "status_attached", [], int(bool(get(o, "status.attached")))
    yield "status_attachment_metadata", label_pairs("metadata_", get(o, "status.attachmentMetadata", {})), 1


def ingressclasses(o):
    return info(o, ("controller", "spec.controller"))


def configmaps(o):
    return plain(o)


class Kind:
    """A resource: prefix of its families, labels that each of its samples begins with, its rules."""

    def __init__(self, prefix, rules, base=None, namespaced=True, common=(created, meta_labels)):
        self.prefix, self.rules, self.common = "kube_" + prefix, rules, common
        self.base = base or ([("namespace", "metadata.namespace"), (prefix, "metadata.name")] if namespaced
                             else [(prefix, "metadata.name")])

    def samples(self, o):
        base = [(label, text(get(o, path))) for label, path in self.base]
        for rules in (self.rules, *self.common):
            for family, labels, value in rules(o):
                yield self.prefix + ("_" + family if family else ""), base + labels, value


def with_uid(name):
    return [("namespace", "metadata.namespace"), (name, "metadata.name"), ("uid", "metadata.uid")]


def service_account_deleted(o):
    for _, labels, value in deleted(o):
        yield "deleted", labels, value


LIVE = (created, meta_labels, deleted)
BARE = (created,)
KINDS = {
    "certificatesigningrequests": Kind("certificatesigningrequest", certificatesigningrequests, [
        ("certificatesigningrequest", "metadata.name"), ("signer_name", "spec.signerName")]),
    "clusterrolebindings": Kind("clusterrolebinding", roleref, namespaced=False),
    "clusterroles": Kind("clusterrole", plain, namespaced=False),
    "configmaps": Kind("configmap", configmaps),
    "cronjobs": Kind("cronjob", cronjobs),
    "daemonsets": Kind("daemonset", daemonsets, common=LIVE),
    "deployments": Kind("deployment", deployments, common=LIVE),
    "endpoints": Kind("endpoint", endpoints),
    "endpointslices": Kind("endpointslice", endpointslices, [
        ("endpointslice", "metadata.name"), ("namespace", "metadata.namespace")]),
    "horizontalpodautoscalers": Kind("horizontalpodautoscaler", horizontalpodautoscalers, common=LIVE),
    "ingressclasses": Kind("ingressclass", ingressclasses, namespaced=False),
    "ingresses": Kind("ingress", ingresses),
    "jobs": Kind("job", jobs, [("namespace", "metadata.namespace"), ("job_name", "metadata.name")]),
    "leases": Kind("lease", leases, [("lease", "metadata.name")], common=()),
    "limitranges": Kind("limitrange", limitranges, common=BARE),
    "mutatingadmissionpolicies": Kind("mutatingadmissionpolicy", policies, common=BARE),
    "mutatingadmissionpolicybindings": Kind("mutatingadmissionpolicybinding", bindings, common=BARE),
    "mutatingwebhookconfigurations": Kind("mutatingwebhookconfiguration", webhooks, common=BARE),
    "namespaces": Kind("namespace", namespaces, namespaced=False),
    "networkpolicies": Kind("networkpolicy", networkpolicies),
    "nodes": Kind("node", nodes, namespaced=False, common=LIVE),
    "persistentvolumeclaims": Kind("persistentvolumeclaim", persistentvolumeclaims, common=LIVE),
    "persistentvolumes": Kind("persistentvolume", persistentvolumes, namespaced=False, common=LIVE),
    "poddisruptionbudgets": Kind("poddisruptionbudget", poddisruptionbudgets, common=LIVE),
    "pods": Kind("pod", rules_pods.pods, with_uid("pod"), common=LIVE),
    "replicasets": Kind("replicaset", replicas),
    "replicationcontrollers": Kind("replicationcontroller", replicas, common=BARE),
    "resourcequotas": Kind("resourcequota", resourcequotas),
    "rolebindings": Kind("rolebinding", roleref),
    "roles": Kind("role", plain),
    "secrets": Kind("secret", secrets),
    "serviceaccounts": Kind("serviceaccount", serviceaccounts, with_uid("serviceaccount"),
                            common=(created, meta_labels, service_account_deleted)),
    "services": Kind("service", services, with_uid("service"), common=LIVE),
    "statefulsets": Kind("statefulset", statefulsets, common=LIVE),
    "storageclasses": Kind("storageclass", storageclasses, namespaced=False),
    "validatingadmissionpolicies": Kind("validatingadmissionpolicy", policies, common=BARE),
    "validatingadmissionpolicybindings": Kind("validatingadmissionpolicybinding", bindings, common=BARE),
    "validatingwebhookconfigurations": Kind("validatingwebhookconfiguration", webhooks, common=BARE),
    "volumeattachments": Kind("volumeattachment", volumeattachments, namespaced=False, common=BARE),
}
