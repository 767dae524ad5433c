namespace NetAgent.TestKit.Api;

/// <summary>What makes kube-apiserver 1.20, the one that can be built from Debian's packages, serve as a newer one would.</summary>
internal static class OldServer
{
    // 1.20 has dual-stack behind a gate, and EndpointSlices only as v1beta1, which must make room for the definition that serves v1.
    // What the tests do not use is off, with the admission plugins that would wait for it: that halves the time of a start.
    public static readonly string[] Flags =
    [
        "--feature-gates", "IPv6DualStack=true,APIPriorityAndFairness=false", "--enable-priority-and-fairness=false", "--profiling=false",
        "--runtime-config", "api/all=false,api/v1=true,apps/v1=true," + string.Join(',', ((string[])["admissionregistration", "apiextensions", "apiregistration",
            "authentication", "authorization", "coordination", "events", "rbac.authorization"]).Select(g => $"{g}.k8s.io/v1=true")),
        "--disable-admission-plugins", "CertificateApproval,CertificateSigning,CertificateSubjectRestriction,DefaultIngressClass,DefaultStorageClass,"
            + "DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,PersistentVolumeClaimResize,Priority,ResourceQuota,RuntimeClass,"
            + "ServiceAccount,StorageObjectInUseProtection,TaintNodesByCondition,ValidatingAdmissionWebhook",
    ];

    /// <summary>discovery.k8s.io/v1 EndpointSlices, which are built in since 1.21.</summary>
    public const string EndpointSlices = """
        {
          "apiVersion": "apiextensions.k8s.io/v1",
          "kind": "CustomResourceDefinition",
          "metadata": {
            "name": "endpointslices.discovery.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "unapproved, test only"}
          },
          "spec": {
            "group": "discovery.k8s.io",
            "scope": "Namespaced",
            "names": {"plural": "endpointslices", "singular": "endpointslice", "kind": "EndpointSlice", "listKind": "EndpointSliceList"},
            "versions": [{
              "name": "v1", "served": true, "storage": true,
              "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
            }]
          }
        }
        """;
}
