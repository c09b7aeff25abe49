using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Node.Shells;

namespace Dure.Node.Hosting;

/// <summary>The shells of this node: what was put here, and what follows from its books.</summary>
internal static class ShellServices
{
    public static void AddShells(this IServiceCollection services, NodeStores stores)
    {
        var store = ShellStore.Open(stores.Journal, stores.Blobs);
        var ids = new PlantIds(stores.Key.Id);
        services.AddSingleton(ids).AddSingleton<PlantDirectory>().AddSingleton<QuestionDesk>();
        services.AddSingleton(provider =>
        {
            var directory = provider.GetRequiredService<PlantDirectory>();
            store.Shells.Derived = new DerivedShells(ids, directory, store);
            store.Submodels.Derived = new DerivedSubmodels(ids, directory, stores.Historian, stores.Datasets, stores.Models, stores.Fleet, provider.GetRequiredService<NodeAddress>());
            return store;
        });
    }
}
