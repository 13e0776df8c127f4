// ExecutionPlanner
