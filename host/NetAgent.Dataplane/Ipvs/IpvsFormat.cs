namespace NetAgent.Dataplane.Ipvs;

/// <summary>IPVS_CMD_* (linux/ip_vs.h).</summary>
internal enum IpvsCommand : byte
{
    NewService = 1,  // IPVS_CMD_NEW_SERVICE
    SetService = 2,  // IPVS_CMD_SET_SERVICE
    DeleteService = 3, // IPVS_CMD_DEL_SERVICE
    GetService = 4,  // IPVS_CMD_GET_SERVICE
    NewDest = 5,     // IPVS_CMD_NEW_DEST
    SetDest = 6,     // IPVS_CMD_SET_DEST
    DeleteDest = 7,  // IPVS_CMD_DEL_DEST
    GetDest = 8,     // IPVS_CMD_GET_DEST
    SetConfig = 12,  // IPVS_CMD_SET_CONFIG
    GetConfig = 13,  // IPVS_CMD_GET_CONFIG
    GetInfo = 15,    // IPVS_CMD_GET_INFO
}

/// <summary>How the kernel spells commands, for messages.</summary>
internal static class IpvsCommandText
{
    public static string Spell(this IpvsCommand command) => command switch
    {
        IpvsCommand.NewService => "IPVS_CMD_NEW_SERVICE",
        IpvsCommand.SetService => "IPVS_CMD_SET_SERVICE",
        IpvsCommand.DeleteService => "IPVS_CMD_DEL_SERVICE",
        IpvsCommand.GetService => "IPVS_CMD_GET_SERVICE",
        IpvsCommand.NewDest => "IPVS_CMD_NEW_DEST",
        IpvsCommand.SetDest => "IPVS_CMD_SET_DEST",
        IpvsCommand.DeleteDest => "IPVS_CMD_DEL_DEST",
        IpvsCommand.GetDest => "IPVS_CMD_GET_DEST",
        IpvsCommand.SetConfig => "IPVS_CMD_SET_CONFIG",
        IpvsCommand.GetConfig => "IPVS_CMD_GET_CONFIG",
        _ => "IPVS_CMD_GET_INFO",
    };
}

/// <summary>Attributes (linux/ip_vs.h). AF and PROTOCOL are in host order, PORT in network order.</summary>
internal static class IpvsAttribute
{
    public const int Service = 1;          // IPVS_CMD_ATTR_SERVICE
    public const int Dest = 2;             // IPVS_CMD_ATTR_DEST
    public const int TimeoutTcp = 4;       // IPVS_CMD_ATTR_TIMEOUT_TCP
    public const int TimeoutTcpFin = 5;    // IPVS_CMD_ATTR_TIMEOUT_TCP_FIN
    public const int TimeoutUdp = 6;       // IPVS_CMD_ATTR_TIMEOUT_UDP

    public const int ServiceFamily = 1;    // IPVS_SVC_ATTR_AF
    public const int ServiceProtocol = 2;  // IPVS_SVC_ATTR_PROTOCOL
    public const int ServiceAddress = 3;   // IPVS_SVC_ATTR_ADDR
    public const int ServicePort = 4;      // IPVS_SVC_ATTR_PORT
    public const int ServiceMark = 5;      // IPVS_SVC_ATTR_FWMARK
    public const int ServiceScheduler = 6; // IPVS_SVC_ATTR_SCHED_NAME
    public const int ServiceFlags = 7;     // IPVS_SVC_ATTR_FLAGS, struct ip_vs_flags
    public const int ServiceTimeout = 8;   // IPVS_SVC_ATTR_TIMEOUT
    public const int ServiceNetmask = 9;   // IPVS_SVC_ATTR_NETMASK

    public const int DestAddress = 1;      // IPVS_DEST_ATTR_ADDR
    public const int DestPort = 2;         // IPVS_DEST_ATTR_PORT
    public const int DestForwarding = 3;   // IPVS_DEST_ATTR_FWD_METHOD
    public const int DestWeight = 4;       // IPVS_DEST_ATTR_WEIGHT
    public const int DestUpperLimit = 5;   // IPVS_DEST_ATTR_U_THRESH
    public const int DestLowerLimit = 6;   // IPVS_DEST_ATTR_L_THRESH
    public const int DestActive = 7;       // IPVS_DEST_ATTR_ACTIVE_CONNS
    public const int DestInactive = 8;     // IPVS_DEST_ATTR_INACT_CONNS
    public const int DestPersistent = 9;   // IPVS_DEST_ATTR_PERSIST_CONNS
    public const int DestFamily = 11;      // IPVS_DEST_ATTR_ADDR_FAMILY

    public const int InfoVersion = 1;      // IPVS_INFO_ATTR_VERSION
    public const int InfoTableSize = 2;    // IPVS_INFO_ATTR_CONN_TAB_SIZE

    public const uint ServiceIsHashed = 0x2; // IP_VS_SVC_F_HASHED, the kernel's own mark
    public const uint ForwardMasquerade = 0; // IP_VS_CONN_F_MASQ
    public const uint ForwardLocalNode = 1;  // IP_VS_CONN_F_LOCALNODE, how old kernels show masquerading to the node itself
    public const uint ForwardMask = 7;       // IP_VS_CONN_F_FWD_MASK
}
