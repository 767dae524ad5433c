namespace NetAgent.TestKit.Api;

/// <summary>discovery.k8s.io/v1 EndpointSlices for an API server from before they were built in (1.21).</summary>
internal static class EndpointSliceDefinition
{
    public const string Json = """
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
