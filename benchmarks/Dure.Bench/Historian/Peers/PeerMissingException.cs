namespace Dure.Bench.Historian.Peers;

/// <summary>A peer cannot be run on this machine; what is measured against it is left out and never counted.</summary>
internal sealed class PeerMissingException(string peer, string why) : Exception($"{peer} is not here: {why}");
