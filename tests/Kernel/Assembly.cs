[assembly: NetAgent.TestKit.HomeNamespace]
