namespace Dure.Exchange.Protocol;

/// <summary>Which side of an exchange somebody is on.</summary>
public enum Role
{
    Consumer,
    Provider,
}

/// <summary>The two kinds of process of the Dataspace Protocol.</summary>
public enum ProcessKind
{
    Negotiation,
    Transfer,
}

/// <summary>
/// The states of negotiations and transfers (Dataspace Protocol 2025-1). <see cref="None"/> is a process of which the other side has
/// not heard yet; it never goes over the wire.
/// </summary>
public enum ProcessState
{
    None,
    Requested,
    Offered,
    Accepted,
    Agreed,
    Verified,
    Finalized,
    Started,
    Suspended,
    Completed,
    Terminated,
}

/// <summary>How a state is spelt in messages, and which ones end a process.</summary>
public static class ProcessStates
{
    /// <summary>The state as messages write it, for example <c>REQUESTED</c>.</summary>
    public static string Wire(this ProcessState state) => state.ToString().ToUpperInvariant();

    public static bool IsFinal(this ProcessState state) => state is ProcessState.Finalized or ProcessState.Completed or ProcessState.Terminated;
}
