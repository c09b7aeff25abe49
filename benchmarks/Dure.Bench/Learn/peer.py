"""A peer's side of a task: python3 peer.py FOLDER xgboost|sklearn. Prints what it found as JSON; predictions go to FOLDER/PEER.f64."""
import json, os, resource, sys, time
import numpy as np

folder, peer = sys.argv[1], sys.argv[2]
task = json.load(open(os.path.join(folder, "task.json")))


def floats(name, rows):
    return np.fromfile(os.path.join(folder, name + ".f32"), dtype=np.float32).reshape(rows, -1)


train, test = floats("train", task["TrainRows"]), floats("test", task["TestRows"])
labels = floats("labels", task["TrainRows"])[:, 0]
threads = task["Threads"]


def timed(work):
    start = time.perf_counter()
    return work(), time.perf_counter() - start


single = explained = float("nan")
if peer == "xgboost":
    import xgboost

    parameters = {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": task["Leaves"], "max_depth": 0, "max_bin": 256, "eta": task["LearningRate"],
                  "lambda": 1, "min_child_weight": 1, "subsample": task["RowShare"], "colsample_bytree": task["ColumnShare"], "nthread": threads, "seed": task["Seed"],
                  "objective": {"binary": "binary:logistic", "classes": "multi:softprob"}.get(task["Kind"], "reg:squarederror")}
    if task["Kind"] == "classes":
        parameters["num_class"] = task["Classes"]
    fit = lambda: xgboost.train(parameters, xgboost.DMatrix(train, labels, nthread=threads), task["Rounds"])
    model, trained = timed(fit)
    predict = lambda: model.inplace_predict(test)
    if task["IsDeep"]:
        start = time.perf_counter()
        for row in range(300):
            model.inplace_predict(test[row:row + 1])
        single = (time.perf_counter() - start) / 300 * 1e6
        some = xgboost.DMatrix(test[:10000], nthread=threads)
        start = time.perf_counter()
        model.predict(some, pred_contribs=True)
        explained = 10000 / (time.perf_counter() - start)
else:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task["Kind"] == "regression" else HistGradientBoostingClassifier
    model = kind(max_iter=task["Rounds"], learning_rate=task["LearningRate"], max_leaf_nodes=task["Leaves"], max_bins=255, l2_regularization=1, min_samples_leaf=20, early_stopping=False, random_state=task["Seed"])
    fit = lambda: model.fit(train, labels)
    model, trained = timed(fit)
    predict = lambda: model.predict(test) if task["Kind"] == "regression" else model.predict_proba(test)[:, 1] if task["Kind"] == "binary" else model.predict_proba(test)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
again = sorted([timed(fit)[1] for _ in range(task["Again"])][-3:])
predictions = predict()
best = 0
for _ in range(3):
    start = time.perf_counter()
    predict()
    best = max(best, task["TestRows"] / (time.perf_counter() - start))
np.asarray(predictions, dtype=np.float64).tofile(os.path.join(folder, peer + ".f64"))
print(json.dumps({"TrainSeconds": trained, "AgainSeconds": again[len(again) // 2] if again else float("nan"), "PredictRowsPerSecond": best, "SingleRowMicroseconds": single, "ExplainedRowsPerSecond": explained, "PeakMiB": peak}))
