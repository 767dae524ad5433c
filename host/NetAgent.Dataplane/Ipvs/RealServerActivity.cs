namespace NetAgent.Dataplane.Ipvs;

/// <summary>Connections through a real server. Read apart from the rows: counters must not cause changes.</summary>
/// <param name="ActiveConnections">IPVS_DEST_ATTR_ACTIVE_CONNS: established ones.</param>
/// <param name="InactiveConnections">IPVS_DEST_ATTR_INACT_CONNS: those that end or wait for the timer, and all of UDP.</param>
/// <param name="PersistentConnections">IPVS_DEST_ATTR_PERSIST_CONNS: clients that stick.</param>
internal readonly record struct RealServerActivity(uint ActiveConnections, uint InactiveConnections, uint PersistentConnections);
