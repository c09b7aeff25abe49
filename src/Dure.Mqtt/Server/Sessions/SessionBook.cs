namespace Dure.Mqtt.Server.Sessions;

/// <summary>All sessions by client identifier. Each has at most one connection; who comes second waits until the first has gone.</summary>
internal sealed class SessionBook(MqttServerOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Session> sessions = new(StringComparer.Ordinal);

    public int Count => sessions.Count;

    /// <summary>Whether there is room for one more.</summary>
    public bool HasRoom => Count < options.MaxSessions + options.MaxConnections;

    /// <summary>
    /// Opens a client's session and binds it. When another connection holds it, nothing happens and that connection is in
    /// <paramref name="occupant"/>; when it is someone else's, the result is null.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="owner">Whose it must be to be resumed.</param>
    /// <param name="startsClean">End what there is and start anew.</param>
    /// <param name="make">Makes a new session.</param>
    /// <param name="attach">Binds; the flag tells whether the session was there.</param>
    /// <param name="occupant">The connection to wait for.</param>
    /// <param name="replaced">The session to end.</param>
    public Session? TryOpen(string clientId, string owner, bool startsClean, Func<Session> make, Action<Session, bool> attach, out Link? occupant, out Session? replaced)
    {
        lock (gate)
        {
            replaced = null;
            var known = sessions.GetValueOrDefault(clientId);
            occupant = known?.Link;
            if (occupant is not null || known is not null && known.Owner != owner)
                return null;
            if (known is not null && !startsClean)
            {
                attach(known, true);
                return known;
            }
            replaced = known;
            var session = make();
            sessions[clientId] = session;
            attach(session, false);
            return session;
        }
    }

    /// <summary>Whether a client identifier belongs to someone else.</summary>
    public bool IsOthers(string clientId, string owner)
    {
        lock (gate)
            return sessions.TryGetValue(clientId, out var known) && known.Owner != owner;
    }

    /// <summary>Puts a session that was found in the log.</summary>
    public void Restore(Session session)
    {
        lock (gate)
            sessions[session.ClientId] = session;
    }

    /// <summary>Lets a session's connection go. True: the session ends with it, and is no longer here.</summary>
    public bool Close(Session session, DateTimeOffset now)
    {
        lock (gate)
        {
            session.Detach(now);
            var ends = session.ExpirySeconds == 0;
            if (ends && sessions.GetValueOrDefault(session.ClientId) == session)
                sessions.Remove(session.ClientId);
            return ends;
        }
    }

    public List<Session> All()
    {
        lock (gate)
            return [.. sessions.Values];
    }

    /// <summary>Takes out the sessions whose time has come, and of those without a connection the ones that are too many.</summary>
    public List<Session> TakeExpired(DateTimeOffset now)
    {
        lock (gate)
        {
            var expired = sessions.Values.Where(session => ExpiryOf(session) <= now).ToList();
            var tooMany = sessions.Count - expired.Count - options.MaxSessions - options.MaxConnections / 2;
            if (tooMany > 0)
                expired.AddRange(sessions.Values.Where(session => !session.IsConnected && ExpiryOf(session) > now).OrderBy(ExpiryOf).Take(tooMany));
            foreach (var session in expired)
                sessions.Remove(session.ClientId);
            return expired;
        }
    }

    private static DateTimeOffset ExpiryOf(Session session) =>
        session.DetachedAt is not { } since || session.ExpirySeconds == Session.NeverExpires ? DateTimeOffset.MaxValue : since.AddSeconds(session.ExpirySeconds);
}
